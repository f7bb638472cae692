using Sequencer.Attestation.Tests.Log;
using Sequencer.Cli.Backups;

namespace Sequencer.Cli.Tests.Backups;

/// <summary>What a restore takes, and what it refuses.</summary>
public sealed class RestoreTests : IDisposable
{
    private const int Seed = 20_260;

    private readonly BackupFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task A_flipped_bit_anywhere_is_refused_with_the_file()
    {
        await _fixture.BackupAsync(_fixture.Data().Folder);
        var random = new Random(Seed);
        foreach (BackupFile file in BackupFolder.Read(_fixture.Backup).Files)
        {
            string path = Path.Combine(_fixture.Backup, file.Path);
            byte[] right = File.ReadAllBytes(path);
            for (int i = 0; i < 20; i++)
            {
                long at = random.NextInt64(right.Length);
                TestLogDirectory.Flip(path, at, (byte)(1 << random.Next(8)));
                CommandFailure failure =
                    await Assert.ThrowsAsync<CommandFailure>(() => _fixture.CheckAsync());
                Assert.Contains(
                    file.IsIn("payload") ? "payload" : file.Path,
                    failure.Message, StringComparison.Ordinal);
                File.WriteAllBytes(path, right);
            }
        }
        await _fixture.CheckAsync();
    }

    [Fact]
    public async Task A_manifest_with_any_byte_changed_is_refused()
    {
        await _fixture.BackupAsync(_fixture.Data().Folder);
        string path = Path.Combine(_fixture.Backup, BackupManifest.FileName);
        byte[] right = File.ReadAllBytes(path);
        for (int at = 0; at < right.Length; at++)
        {
            byte[] wrong = [.. right];
            wrong[at] ^= 1;
            File.WriteAllBytes(path, wrong);
            CommandFailure failure =
                await Assert.ThrowsAsync<CommandFailure>(() => _fixture.CheckAsync());
            Assert.DoesNotContain('\n', failure.Message);
        }
        foreach (int length in (int[])[0, 1, right.Length / 2, right.Length - 1])
        {
            File.WriteAllBytes(path, right[..length]);
            await Assert.ThrowsAsync<CommandFailure>(() => _fixture.CheckAsync());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("not hexadecimal")]
    public async Task A_manifest_with_an_identity_that_is_none_is_refused(string identity)
    {
        await _fixture.BackupAsync(_fixture.Data().Folder);
        string path = Path.Combine(_fixture.Backup, BackupManifest.FileName);
        string manifest = await File.ReadAllTextAsync(path);
        await File.WriteAllTextAsync(
            path, manifest.Replace("  \"files\"", $"  \"identity\": \"{identity}\",\n  \"files\""));
        await Assert.ThrowsAsync<CommandFailure>(() => _fixture.CheckAsync());
    }

    [Fact]
    public async Task A_file_that_is_short_or_missing_is_named()
    {
        await _fixture.BackupAsync(_fixture.Data().Folder);
        foreach (BackupFile file in BackupFolder.Read(_fixture.Backup).Files)
        {
            string path = Path.Combine(_fixture.Backup, file.Path);
            byte[] right = File.ReadAllBytes(path);
            File.WriteAllBytes(path, right[..^1]);
            CommandFailure failure =
                await Assert.ThrowsAsync<CommandFailure>(() => _fixture.CheckAsync());
            Assert.Contains(file.Path, failure.Message, StringComparison.Ordinal);
            Assert.Equal(ExitCodes.Refused, failure.ExitCode);
            File.Delete(path);
            failure = await Assert.ThrowsAsync<CommandFailure>(() => _fixture.CheckAsync());
            Assert.Contains($"{file.Path}: missing", failure.Message, StringComparison.Ordinal);
            File.WriteAllBytes(path, right);
        }
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("log/../../outside")]
    [InlineData("/etc/passwd")]
    [InlineData("epochs/01.document")]
    [InlineData("log/0.seg")]
    [InlineData("lock")]
    public void A_manifest_names_no_file_but_a_log_s(string path) =>
        Assert.False(BackupFile.IsPath(path));

    [Fact]
    public async Task A_directory_that_holds_something_is_refused_untouched()
    {
        await _fixture.BackupAsync(_fixture.Data().Folder);
        Directory.CreateDirectory(_fixture.Restored);
        string lockFile = Path.Combine(_fixture.Restored, "lock");
        await File.WriteAllTextAsync(lockFile, "");
        CommandFailure failure =
            await Assert.ThrowsAsync<CommandFailure>(() => _fixture.RestoreAsync());
        Assert.Contains("not empty", failure.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(_fixture.Restored));
        File.Delete(lockFile);
        Directory.CreateDirectory(Path.Combine(_fixture.Restored, "lost+found"));
        await _fixture.RestoreAsync();
        await Assert.ThrowsAsync<CommandFailure>(() => _fixture.RestoreAsync());
    }

    [Fact]
    public async Task Without_a_finished_backup_nothing_is_made()
    {
        CommandFailure failure =
            await Assert.ThrowsAsync<CommandFailure>(() => _fixture.RestoreAsync());
        Assert.Contains("no folder", failure.Message, StringComparison.Ordinal);
        Directory.CreateDirectory(_fixture.Backup);
        failure = await Assert.ThrowsAsync<CommandFailure>(() => _fixture.RestoreAsync());
        Assert.Contains("no finished backup", failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_fixture.Restored));
    }
}
