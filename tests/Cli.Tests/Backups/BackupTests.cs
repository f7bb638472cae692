using Sequencer.Attestation.Tests.Log;
using Sequencer.Cli.Backups;

namespace Sequencer.Cli.Tests.Backups;

/// <summary>What a backup takes in, and what it refuses.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly BackupFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task A_restored_backup_is_the_data_directory_byte_for_byte()
    {
        TestLogDirectory data = _fixture.Data();
        BackupResult result = await _fixture.BackupAsync(data.Folder);
        Assert.Equal((41ul, 0ul), (result.Manifest.Size, result.RecordsBefore));
        await _fixture.CheckAsync();
        await _fixture.RestoreAsync();
        BackupFixture.AssertEqual(data.Folder, _fixture.Restored);
    }

    [Fact]
    public async Task A_second_backup_copies_only_what_is_new()
    {
        await _fixture.BackupAsync(_fixture.Data().Folder);
        _fixture.Log.Seal();
        _fixture.Log.OpenEpoch();
        for (int i = 0; i < 20; i++) _fixture.Log.Append($"later {i}");
        TestLogDirectory data = _fixture.Data();
        FileInfo first = new(Path.Combine(_fixture.Backup, "log", $"{0:d20}.seg"));
        DateTime written = first.LastWriteTimeUtc;
        BackupResult result = await _fixture.BackupAsync(data.Folder);
        first.Refresh();
        Assert.Equal(written, first.LastWriteTimeUtc);
        Assert.Equal((41ul, 63ul), (result.RecordsBefore, result.Manifest.Size));
        Assert.Equal(1u, result.Manifest.Epoch);
        await _fixture.CheckAsync();
        await _fixture.RestoreAsync();
        BackupFixture.AssertEqual(data.Folder, _fixture.Restored);
        Assert.Equal(0ul, (await _fixture.BackupAsync(data.Folder)).BytesCopied);
    }

    [Fact]
    public async Task A_write_that_is_under_way_is_where_the_log_ends()
    {
        TestLogDirectory data = _fixture.Data();
        string last = Directory.GetFiles(Path.Combine(data.Folder, "log")).Order().Last();
        byte[] bytes = File.ReadAllBytes(last);
        File.WriteAllBytes(last, bytes[..^10]);
        Assert.Equal(40ul, (await _fixture.BackupAsync(data.Folder)).Manifest.Size);
        await _fixture.CheckAsync();
        File.WriteAllBytes(last, bytes);
        Assert.Equal(41ul, (await _fixture.BackupAsync(data.Folder)).Manifest.Size);
        await _fixture.RestoreAsync();
        BackupFixture.AssertEqual(data.Folder, _fixture.Restored);
    }

    [Fact]
    public async Task A_fork_is_named_and_the_backup_stays()
    {
        await _fixture.BackupAsync(_fixture.Data().Folder);
        byte[] before = Manifest();
        _fixture.Log.CutTo(30);
        for (int i = 0; i < 30; i++) _fixture.Log.Append("another history");
        CommandFailure failure = await RefusedAsync(_fixture.Data().Folder);
        Assert.StartsWith("FORK: at size 41", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, Manifest());
        await _fixture.CheckAsync();
    }

    [Fact]
    public async Task A_log_that_was_cut_back_is_refused_and_the_backup_stays()
    {
        await _fixture.BackupAsync(_fixture.Data().Folder);
        byte[] before = Manifest();
        _fixture.Log.CutTo(30);
        CommandFailure failure = await RefusedAsync(_fixture.Data().Folder);
        Assert.Contains("cut back", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, Manifest());
        await _fixture.CheckAsync();
    }

    [Fact]
    public async Task Another_log_is_refused()
    {
        await _fixture.BackupAsync(_fixture.Data().Folder);
        using var other = new TestLog(origin: "sequencer.example/other");
        other.OpenEpoch();
        for (int i = 0; i < 50; i++) other.Append();
        using var directory = new TestLogDirectory(other);
        CommandFailure failure = await RefusedAsync(directory.Folder);
        Assert.Contains("another log", failure.Message, StringComparison.Ordinal);
        await _fixture.CheckAsync();
    }

    [Fact]
    public async Task A_folder_of_something_else_is_not_touched()
    {
        Directory.CreateDirectory(_fixture.Backup);
        await File.WriteAllTextAsync(Path.Combine(_fixture.Backup, "letter.txt"), "dear");
        CommandFailure failure = await Assert.ThrowsAsync<CommandFailure>(
            () => _fixture.BackupAsync(_fixture.Data().Folder));
        Assert.Equal(ExitCodes.Unusable, failure.ExitCode);
        Assert.Single(Directory.GetFileSystemEntries(_fixture.Backup));
    }

    [Fact]
    public async Task Two_backups_at_once_into_one_folder_are_refused()
    {
        TestLogDirectory data = _fixture.Data();
        using LogBackup one = LogBackup.Open(data.Folder, new DiskFolder(_fixture.Backup));
        CommandFailure failure = await Assert.ThrowsAsync<CommandFailure>(
            () => _fixture.BackupAsync(data.Folder));
        Assert.Contains("Another backup", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_of_an_unknown_version_is_refused_with_its_name()
    {
        TestLogDirectory data = _fixture.Data();
        await File.WriteAllTextAsync(
            Path.Combine(data.Folder, "format"), "sequencer-store/v2\n");
        CommandFailure failure = await Assert.ThrowsAsync<CommandFailure>(
            () => _fixture.BackupAsync(data.Folder));
        Assert.Contains("'sequencer-store/v2'", failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_fixture.Backup));
    }

    [Theory]
    [InlineData("log/00000000000000000000.seg", 700, "byte")]
    [InlineData("payload/00000000000000000000.seg", 60, "the payload of record 1 ")]
    public async Task A_damaged_log_is_refused_with_the_place(string file, long at, string told)
    {
        TestLogDirectory data = _fixture.Data();
        TestLogDirectory.Flip(Path.Combine(data.Folder, file), at);
        CommandFailure failure = await RefusedAsync(data.Folder);
        Assert.Contains(file, failure.Message, StringComparison.Ordinal);
        Assert.Contains(told, failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_fixture.Backup, BackupManifest.FileName)));
    }

    [Fact]
    public async Task Missing_documents_and_payloads_are_refused()
    {
        TestLogDirectory data = _fixture.Data();
        File.Delete(Path.Combine(data.Folder, "epochs", "0.document"));
        CommandFailure failure = await RefusedAsync(data.Folder);
        Assert.EndsWith("epochs/0.document: missing.", failure.Message, StringComparison.Ordinal);
        data = _fixture.Data();
        File.Delete(data.Payloads);
        failure = await RefusedAsync(data.Folder);
        Assert.Contains("payload of record 1,", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_witnesses_cosigned_goes_with_the_log_as_far_as_it_goes()
    {
        TestLogDirectory data = _fixture.Data();
        string cosigned = Path.Combine(data.Folder, "cosigned");
        await File.WriteAllBytesAsync(cosigned, _fixture.Log.Note(33));
        await _fixture.BackupAsync(data.Folder);
        await _fixture.RestoreAsync();
        BackupFixture.AssertEqual(data.Folder, _fixture.Restored);

        await File.WriteAllBytesAsync(cosigned, _fixture.Log.Note(41));
        await _fixture.BackupAsync(data.Folder);
        Assert.Contains(
            "\n41\n", BackupFolder.Read(_fixture.Backup).Cosigned, StringComparison.Ordinal);

        byte[] newest = _fixture.Log.Note(_fixture.Log.Append() + 1);
        await File.WriteAllBytesAsync(cosigned, newest);
        CommandFailure failure = await RefusedAsync(data.Folder);
        Assert.Contains("its end is lost", failure.Message, StringComparison.Ordinal);
    }

    private async Task<CommandFailure> RefusedAsync(string data)
    {
        CommandFailure failure =
            await Assert.ThrowsAsync<CommandFailure>(() => _fixture.BackupAsync(data));
        Assert.Equal(ExitCodes.Refused, failure.ExitCode);
        return failure;
    }

    private byte[] Manifest() =>
        File.ReadAllBytes(Path.Combine(_fixture.Backup, BackupManifest.FileName));
}
