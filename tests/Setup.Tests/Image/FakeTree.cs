namespace Sequencer.Setup.Tests.Image;

/// <summary>
/// A tree with the real <c>setup/image/build</c>, in which everything that takes long is a script
/// of a line.
/// </summary>
internal sealed class FakeTree : IDisposable
{
    /// <summary>Each a source of the image, with an own program or without one.</summary>
    public static readonly string[] Sources =
    [
        "attestation/Attestation/Digest.cs", "attestation/Cli/Commands/ImageBuildCommand.cs",
        "enclave/Image/Image.csproj", "setup/debian/fetch", "setup/image/kernel.config",
        "Directory.Build.props", "Directory.Packages.props", "global.json",
    ];

    /// <summary>Each a source of the program alone.</summary>
    public static readonly string[] ProgramSources =
    [
        "enclave/Core/Core.cs", "enclave/Host/Host.cs", "enclave/Nitro/packages.lock.json",
        "enclave/Sealing/Kms/amazon-roots.pem",
    ];

    private static readonly string[] NoProgram = [];

    private readonly TemporaryFolder _folder = new();

    public FakeTree()
    {
        foreach (string path in (string[])[.. Sources, .. ProgramSources]) Write(path, "1");
        foreach (string path in (string[])
            ["setup/image/build", "setup/image/inputs-digest", "setup/debian/prelude.sh"])
        {
            Write(path, Checkout.Read(path));
            MakeRunnable(path);
        }
        Write("setup/image/dotnet.lock", "sdk 10.0.1\nruntime-pack 10.0.1\n");
        Write("setup/image/predecessors", "");
        Write("program", "its bytes");
        Script("setup/need-dotnet", "exit 0");
        Script("setup/image/inputs", "echo /nowhere");
        Script("setup/image/recipe", """mkdir "$6" && touch "$6/image.json" """);
        Script(
            "bin/dotnet",
            """
            case "$1 $3" in
                publish*)
                    echo "$@" >>published
                    while [ "$1" != -o ]; do shift; done
                    mkdir "$2"; echo its bytes >"$2/sequencer-enclave" ;;
                nuget*) echo "global-packages: /nowhere/" ;;
                msbuild*RoslynTargetsPath) echo /usr/bin ;;
                *) echo "$FAKE_SDK" ;;
            esac
            """);
        // image build --recipe R --output DIR
        Script(
            "sequencer",
            """
            cd "$6"
            echo eif >sequencer.eif
            [ ! -e ../fail ] || exit 1
            echo json >measurements.json; echo json >sbom.json
            echo built
            """);
    }

    /// <summary>A path in it.</summary>
    public string this[string name] => _folder[name];

    public void Write(string path, string text) => _folder.Write(path, text);

    /// <summary>Builds an image into <c>image/</c>, of a program of its own or the tree's.
    /// </summary>
    public Task<ScriptResult> Build(
        string sdk = "10.0.1", bool hasProgram = true, bool seals = false) => Run(
        "setup/image/build",
        [
            .. seals ? ["--sealing"] : NoProgram,
            "--output", _folder["image"],
            .. hasProgram ? ["--program", _folder["program"]] : NoProgram,
        ],
        sdk);

    /// <summary>The command lines of the last publish.</summary>
    public string Published => File.ReadAllText(_folder["published"]).Split('\n')[^2];

    /// <summary>The digest of what decides the image.</summary>
    public async Task<string> InputsDigest(bool hasProgram, string sdk = "10.0.1")
    {
        ScriptResult result = await Run(
            "setup/image/inputs-digest",
            [sdk, hasProgram ? _folder["program"] : "", _folder["setup/image/predecessors"],
                "x86_64"],
            sdk);
        Assert.Equal((0, ""), (result.Code, result.Error));
        return result.Output;
    }

    public void Dispose() => _folder.Dispose();

    private Task<ScriptResult> Run(string path, string[] arguments, string sdk) =>
        Setup.Tests.Script.Run(_folder[path], arguments, new Dictionary<string, string>
        {
            ["PATH"] = $"{_folder["bin"]}:{Environment.GetEnvironmentVariable("PATH")}",
            ["FAKE_SDK"] = sdk,
        });

    private void Script(string path, string text)
    {
        Write(path, $"#!/bin/bash\nset -e\n{text}\n");
        MakeRunnable(path);
    }

    private void MakeRunnable(string path) => File.SetUnixFileMode(
        _folder[path],
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
