namespace Sequencer.Setup.Tests;

/// <summary>The script that runs <c>iac</c> from a checkout, with a <c>dotnet</c> that only notes
/// what it is asked.</summary>
public sealed class CommandTests : IDisposable
{
    private const string Program = "iac/Iac/bin/Release/net10.0/iac.dll";

    private static readonly string[] Sources =
    [
        "iac/Iac/Run.cs", "iac/Iac/Iac.csproj", "iac/stack/Pulumi.yaml", "setup/ec2/user-data",
        "attestation/Attestation/Receipt.cs", "setup/Toml/Toml.csproj",
    ];

    private readonly TemporaryFolder _folder = new();

    public CommandTests()
    {
        foreach (string source in Sources) Write(source, "", TimeSpan.Zero);
        Write(Program, "", TimeSpan.FromHours(1));
        Script("iac/iac", Checkout.Read("iac/iac"));
        Script("setup/need-dotnet", "#!/bin/sh\n");
        Script("programs/dotnet", $"#!/bin/sh\necho \"$1\" >>'{_folder["calls"]}'\n");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_is_not_built_again_for_nothing() =>
        Assert.Equal([_folder[Program]], await CallsAsync());

    [Theory]
    [InlineData("iac/Iac/Run.cs")]
    [InlineData("iac/stack/Pulumi.yaml")]
    [InlineData("setup/ec2/user-data")]
    public async Task It_is_built_again_when_something_that_is_in_it_is_newer(string source)
    {
        Write(source, "changed", TimeSpan.FromHours(2));
        Assert.Equal(["build", _folder[Program]], await CallsAsync());
    }

    private async Task<string[]> CallsAsync()
    {
        ScriptResult result = await Setup.Tests.Script.Run(
            _folder["iac/iac"], [], new Dictionary<string, string>
            {
                ["PATH"] = $"{_folder["programs"]}:{Environment.GetEnvironmentVariable("PATH")}",
            });
        Assert.Equal(0, result.Code);
        return await File.ReadAllLinesAsync(_folder["calls"]);
    }

    private void Write(string name, string text, TimeSpan after)
    {
        _folder.Write(name, text);
        File.SetLastWriteTimeUtc(
            _folder[name], new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc) + after);
    }

    private void Script(string name, string text)
    {
        _folder.Write(name, text);
        File.SetUnixFileMode(
            _folder[name],
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
