using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Cli.Tests.Backups;

/// <summary>Backups that were made before a payload was erased, brought up to date after it.</summary>
public sealed class ErasureTests
{
    private static readonly byte[] Secret = "the name of somebody"u8.ToArray();

    [Fact]
    public async Task A_backup_that_is_brought_up_to_date_loses_what_was_erased()
    {
        using BackupFixture fixture = WithSecret();
        await fixture.BackupAsync(fixture.Data().Folder);
        Assert.True(IsInBackup(fixture));
        string data = Erase(fixture);
        await fixture.BackupAsync(data);
        Assert.False(IsInBackup(fixture));
        await fixture.CheckAsync();
        await fixture.RestoreAsync();
        BackupFixture.AssertEqual(data, fixture.Restored);
        Assert.Equal(0ul, (await fixture.BackupAsync(data)).BytesCopied);
    }

    [Theory]
    [InlineData(Fault.NotDone)]
    [InlineData(Fault.DoneAllTheSame)]
    [InlineData(Fault.HalfDone)]
    public async Task A_backup_that_is_killed_while_it_erases_is_whole_and_erases_later(Fault fault)
    {
        using BackupFixture fixture = WithSecret();
        string earlier = fixture.Data().Folder;
        string data = Erase(fixture);
        int step = 0;
        for (bool isDone = false; !isDone; step++)
        {
            await fixture.BackupAsync(earlier);
            isDone = await FaultTests.IsDoneAsync(fixture, data, step, fault);
            await fixture.CheckAsync();
            await fixture.BackupAsync(data);
            await fixture.CheckAsync();
            Assert.False(IsInBackup(fixture));
            await fixture.RestoreAsync();
            BackupFixture.AssertEqual(data, fixture.Restored);
            fixture.Clear();
        }
        Assert.True(step > 10);
    }

    private static BackupFixture WithSecret()
    {
        var fixture = new BackupFixture(entries: 4);
        fixture.Log.Append(System.Text.Encoding.UTF8.GetString(Secret));
        fixture.Log.Append("after it");
        return fixture;
    }

    private static string Erase(BackupFixture fixture)
    {
        fixture.Log.Erase(5, "asked");
        TestLogDirectory data = fixture.Data();
        data.ErasePayload(5);
        return data.Folder;
    }

    private static bool IsInBackup(BackupFixture fixture) =>
        Directory.EnumerateFiles(fixture.Backup, "*", SearchOption.AllDirectories)
            .Any(file => File.ReadAllBytes(file).AsSpan().IndexOf(Secret) >= 0);
}
