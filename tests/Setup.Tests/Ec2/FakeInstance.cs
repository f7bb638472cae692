using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;

namespace Sequencer.Setup.Tests.Ec2;

/// <summary>
/// A folder in the place of a new instance's root, a release in the place of S3, and scripts in the
/// place of the programs that change a machine.
/// </summary>
internal sealed class FakeInstance : IDisposable
{
    private const string Version = "0.1.0+0123456789ab";

    private static readonly string[] Programs =
    [
        "aws", "blkid", "blockdev", "chown", "dnf", "mkfs.xfs", "mount", "mountpoint", "runuser",
        "sysctl", "systemctl", "xfs_growfs",
    ];

    private readonly TemporaryFolder _folder = new();

    public FakeInstance()
    {
        Directory.CreateDirectory(_folder["programs"]);
        Directory.CreateDirectory(_folder["fake"]);
        Directory.CreateDirectory(_folder["root"]);
        foreach (string program in Programs)
        {
            File.CreateSymbolicLink(
                _folder[$"programs/{program}"],
                Path.Combine(Checkout.Root, "tests/Setup.Tests/Ec2/fake/instance-program"));
        }
        WriteRelease();
        Attach(new byte[8 * 1024 * 1024]);
    }

    /// <summary>What follows the first line, as the stack writes it.</summary>
    public Dictionary<string, string> Settings { get; } = new()
    {
        ["region"] = "eu-central-1",
        ["bucket"] = "releases-1a2b3c",
        ["release_version"] = Version,
        ["log_volume"] = "vol-0123456789abcdef0",
        ["enclave_memory_mib"] = "2048",
        ["enclave_cpus"] = "2",
        ["listen"] = "loopback",
        ["origin"] = "log.example/orders",
        ["cells_max"] = "1_000_000",
        ["idempotency_window"] = "500_000",
        ["sealing"] = "none",
        ["sealing_key"] =
            "arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
    };

    /// <summary>What was called, in order; none of it was.</summary>
    public string[] Calls => File.Exists(_folder["fake/calls"])
        ? File.ReadAllLines(_folder["fake/calls"]) : [];

    /// <summary>Makes a program fail, or only those of its calls that begin so.</summary>
    public void Fail(string call) => _folder.Write("fake/fail", call);

    /// <summary>Lets all programs work again.</summary>
    public void Mend() => File.Delete(_folder["fake/fail"]);

    /// <summary>Makes a folder, and a link to it.</summary>
    public void Link(string path, string folder)
    {
        Directory.CreateDirectory(_folder[$"root/{folder}"]);
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[$"root/{path}"])!);
        File.CreateSymbolicLink(_folder[$"root/{path}"], _folder[$"root/{folder}"]);
    }

    /// <summary>Lets the volume have a file system.</summary>
    public void HasFileSystem(string kind) => _folder.Write("fake/file-system", kind + "\n");

    /// <summary>What is on the log volume.</summary>
    public void Attach(byte[] content)
    {
        string device = "root/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0";
        _folder.Write(device, "");
        File.WriteAllBytes(_folder[device], content);
    }

    /// <summary>Takes the volume away.</summary>
    public void Detach() => Directory.Delete(_folder["root/dev"], recursive: true);

    public string Read(string path) => File.ReadAllText(_folder[$"root/{path}"]);

    public bool Has(string path) => File.Exists(_folder[$"root/{path}"]);

    public string[] List(string folder) =>
        Directory.GetFileSystemEntries(_folder[$"root/{folder}"]);

    public UnixFileMode ModeOf(string path) => File.GetUnixFileMode(_folder[$"root/{path}"]);

    /// <summary>Every file and what is in it, to compare.</summary>
    public string Everything() => string.Join('\n',
        Directory.GetFiles(_folder["root"], "*", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/dev/disk/", StringComparison.Ordinal)
                && new FileInfo(path).LinkTarget is null)
            .Order(StringComparer.Ordinal)
            .Select(path => $"{path} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))}"));

    /// <summary>Runs the user data, as cloud-init does.</summary>
    public Task<ScriptResult> Boot()
    {
        var text = new StringBuilder("#!/usr/bin/env bash\n");
        foreach ((string name, string value) in Settings) text.Append($"{name}='{value}'\n");
        text.Append($"root='{_folder["root"]}'\nvolume_seconds_max=2\npause_seconds=0\n");
        text.Append(Checkout.Read("setup/ec2/user-data"));
        _folder.Write("user-data", text.ToString());
        return Script.Run("/usr/bin/env", ["bash", _folder["user-data"]], new Dictionary<string, string>
        {
            ["FAKE_INSTANCE"] = _folder["fake"],
            ["FAKE_ROOT"] = _folder["root"],
            ["PATH"] = $"{_folder["programs"]}:{Environment.GetEnvironmentVariable("PATH")}",
        });
    }

    public void Dispose() => _folder.Dispose();

    // Its installer records that it ran, and does what user-data looks at.
    private void WriteRelease()
    {
        const string install =
            "#!/bin/sh\necho install >>\"$FAKE_INSTANCE/calls\"\n"
            + "mkdir -p \"$FAKE_ROOT/opt/sequencer\"\n"
            + $"ln -s '{Version}' \"$FAKE_ROOT/opt/sequencer/current\"\n";
        using (FileStream file = File.Create(_folder["fake/release.tar"]))
        using (var tar = new TarWriter(file, TarEntryFormat.Ustar))
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "ec2/install")
            {
                DataStream = new MemoryStream(Encoding.UTF8.GetBytes(install)),
                Mode = UnixFileMode.UserRead | UnixFileMode.UserExecute,
            });
        }
        Settings["release_sha256"] = Convert.ToHexStringLower(
            SHA256.HashData(File.ReadAllBytes(_folder["fake/release.tar"])));
    }
}
