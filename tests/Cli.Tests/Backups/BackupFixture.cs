using Sequencer.Attestation.Tests.Log;
using Sequencer.Cli.Backups;

namespace Sequencer.Cli.Tests.Backups;

/// <summary>A log, its data directory, and a folder for backups.</summary>
internal sealed class BackupFixture : IDisposable
{
    private readonly List<TestLogDirectory> _directories = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sequencer-backup");

    public BackupFixture(int entries = 40) => Log = TestLog.WithEntries(entries);

    public TestLog Log { get; }

    public string Backup => Path.Combine(_folder.FullName, "backup");

    public string Restored => Path.Combine(_folder.FullName, "restored");

    /// <summary>The log as its directory is now.</summary>
    public TestLogDirectory Data(int framesPerSegment = 8)
    {
        var directory = new TestLogDirectory(Log, framesPerSegment);
        _directories.Add(directory);
        return directory;
    }

    public async Task<BackupResult> BackupAsync(
        string data, IFolder? target = null, ulong stepBytes = ulong.MaxValue)
    {
        using LogBackup backup =
            LogBackup.Open(data, target ?? new DiskFolder(Backup), stepBytes: stepBytes);
        return await backup.RunAsync(null, CancellationToken.None);
    }

    /// <summary>Checks the whole backup.</summary>
    public async Task<BackupManifest> CheckAsync()
    {
        BackupManifest manifest = BackupFolder.Read(Backup);
        await BackupCheck.RunAsync(
            LogFolder.OfBackup(Backup, manifest), manifest, null, CancellationToken.None);
        return manifest;
    }

    public async Task RestoreAsync(IFolder? target = null)
    {
        BackupManifest manifest = BackupFolder.Read(Backup);
        await LogRestore.RunAsync(
            LogFolder.OfBackup(Backup, manifest), manifest, target ?? new DiskFolder(Restored),
            null, CancellationToken.None);
    }

    /// <summary>The same files with the same bytes, apart from a gateway's lock.</summary>
    public static void AssertEqual(string expected, string actual)
    {
        string[] names = Names(expected);
        Assert.Equal(names, Names(actual));
        foreach (string name in names)
        {
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(expected, name)),
                File.ReadAllBytes(Path.Combine(actual, name)));
        }

        static string[] Names(string folder) =>
        [
            .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(folder, file))
                .Where(name => name != "lock")
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Takes away backup and restored directory.</summary>
    public void Clear()
    {
        Directory.Delete(Backup, recursive: true);
        Directory.Delete(Restored, recursive: true);
    }

    public void Dispose()
    {
        foreach (TestLogDirectory directory in _directories) directory.Dispose();
        Log.Dispose();
        _folder.Delete(recursive: true);
    }
}
