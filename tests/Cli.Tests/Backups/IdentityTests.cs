using Sequencer.Cli.Backups;

namespace Sequencer.Cli.Tests.Backups;

/// <summary>A log's sealed identity is in its backups: what it was known by comes back.</summary>
public sealed class IdentityTests : IDisposable
{
    private static readonly byte[] Old = [.. Enumerable.Repeat((byte)1, 200)];
    private static readonly byte[] New = [.. Enumerable.Repeat((byte)2, 84 + 6144)];

    private readonly BackupFixture _fixture = new(entries: 12);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task It_comes_back_with_the_log()
    {
        string data = DataWith(Old);
        await _fixture.BackupAsync(data);
        Assert.Equal(Old, (await _fixture.CheckAsync()).Identity);
        await _fixture.RestoreAsync();
        BackupFixture.AssertEqual(data, _fixture.Restored);
        Assert.Equal(Old, IdentityIn(_fixture.Restored));
    }

    [Fact]
    public async Task A_log_without_one_is_backed_up_and_restored_without_one()
    {
        string data = _fixture.Data().Folder;
        await _fixture.BackupAsync(data);
        Assert.DoesNotContain("identity", await File.ReadAllTextAsync(
            Path.Combine(_fixture.Backup, BackupManifest.FileName)), StringComparison.Ordinal);
        await _fixture.RestoreAsync();
        BackupFixture.AssertEqual(data, _fixture.Restored);
    }

    [Fact]
    public async Task An_earlier_backup_without_it_gets_it_although_no_record_is_new()
    {
        await _fixture.BackupAsync(_fixture.Data().Folder);
        await _fixture.BackupAsync(DataWith(Old));
        await _fixture.RestoreAsync();
        Assert.Equal(Old, IdentityIn(_fixture.Restored));
    }

    [Fact]
    public async Task A_directory_that_lost_it_does_not_take_it_from_the_backup()
    {
        await _fixture.BackupAsync(DataWith(Old));
        _fixture.Log.OpenEpoch();
        BackupResult result = await _fixture.BackupAsync(_fixture.Data().Folder);
        Assert.Equal("", result.IdentityKept);
        await _fixture.RestoreAsync();
        Assert.Equal(Old, IdentityIn(_fixture.Restored));
    }

    [Fact]
    public async Task Another_one_is_taken_and_the_one_before_is_kept_beside_it()
    {
        Assert.Equal("", (await _fixture.BackupAsync(DataWith(Old))).IdentityKept);
        _fixture.Log.OpenEpoch();
        string data = DataWith(New);
        string kept = (await _fixture.BackupAsync(data)).IdentityKept;
        Assert.StartsWith("identity.", kept, StringComparison.Ordinal);
        Assert.Equal(Old, File.ReadAllBytes(Path.Combine(_fixture.Backup, kept)));
        // Told once, kept for ever; a restore has the log's own.
        Assert.Equal("", (await _fixture.BackupAsync(data)).IdentityKept);
        await _fixture.RestoreAsync();
        BackupFixture.AssertEqual(data, _fixture.Restored);
        Assert.True(File.Exists(Path.Combine(_fixture.Backup, kept)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(84)]
    [InlineData(84 + 6144 + 1)]
    public async Task A_file_that_can_be_none_is_refused_with_its_name(int length)
    {
        string data = DataWith(new byte[length]);
        CommandFailure failure =
            await Assert.ThrowsAsync<CommandFailure>(() => _fixture.BackupAsync(data));
        Assert.Contains("identity: ", failure.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Refused, failure.ExitCode);
    }

    [Fact]
    public async Task A_restore_over_one_that_was_killed_has_its_own_identity_or_none()
    {
        await _fixture.BackupAsync(_fixture.Data().Folder);
        Directory.CreateDirectory(_fixture.Restored);
        foreach (string name in new[] { "format.unfinished", "identity" })
        {
            await File.WriteAllBytesAsync(Path.Combine(_fixture.Restored, name), New);
        }
        await _fixture.RestoreAsync();
        Assert.False(File.Exists(Path.Combine(_fixture.Restored, "identity")));
    }

    private string DataWith(byte[] identity)
    {
        string data = _fixture.Data().Folder;
        File.WriteAllBytes(Path.Combine(data, "identity"), identity);
        return data;
    }

    private static byte[] IdentityIn(string folder) =>
        File.ReadAllBytes(Path.Combine(folder, "identity"));
}
