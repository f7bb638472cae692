using Sequencer.Cli.Backups;
using Xunit.Abstractions;

namespace Sequencer.Cli.Tests.Backups;

/// <summary>Each step on the disk fails, or is the last that the process did.</summary>
public sealed class FaultTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(Fault.NotDone)]
    [InlineData(Fault.DoneAllTheSame)]
    [InlineData(Fault.HalfDone)]
    public async Task A_backup_that_is_killed_leaves_the_earlier_one_and_is_resumed(Fault fault)
    {
        using var fixture = new BackupFixture(entries: 12);
        string earlier = fixture.Data(framesPerSegment: 5).Folder;
        fixture.Log.OpenEpoch();
        for (int i = 0; i < 8; i++) fixture.Log.Append($"later {i}");
        string data = fixture.Data(framesPerSegment: 5).Folder;
        foreach ((string folder, byte content) in new[] { (earlier, (byte)1), (data, (byte)2) })
        {
            byte[] identity = [.. Enumerable.Repeat(content, 150)];
            File.WriteAllBytes(Path.Combine(folder, "identity"), identity);
        }
        int step = 0;
        for (bool isDone = false; !isDone; step++)
        {
            await fixture.BackupAsync(earlier);
            isDone = await IsDoneAsync(fixture, data, step, fault);
            // Whatever was finished is whole, and never less than before.
            BackupManifest finished = await fixture.CheckAsync();
            Assert.InRange(finished.Size, isDone ? 22ul : 13ul, 22ul);
            Assert.Equal(finished.Size == 13 ? 1 : 2, finished.Identity[0]);
            await fixture.BackupAsync(data);
            Assert.Equal(22ul, (await fixture.CheckAsync()).Size);
            await fixture.RestoreAsync();
            BackupFixture.AssertEqual(data, fixture.Restored);
            fixture.Clear();
        }
        output.WriteLine($"{step} faults");
        Assert.True(step > 20);
    }

    [Theory]
    [InlineData(Fault.NotDone)]
    [InlineData(Fault.DoneAllTheSame)]
    [InlineData(Fault.HalfDone)]
    public async Task A_first_backup_that_is_killed_is_none_or_whole_and_is_resumed(Fault fault)
    {
        using var fixture = new BackupFixture(entries: 12);
        string data = fixture.Data(framesPerSegment: 5).Folder;
        int step = 0;
        for (bool isDone = false; !isDone; step++)
        {
            isDone = await IsDoneAsync(fixture, data, step, fault);
            if (File.Exists(Path.Combine(fixture.Backup, BackupManifest.FileName)))
            {
                await fixture.CheckAsync();
            }
            await fixture.BackupAsync(data);
            await fixture.RestoreAsync();
            BackupFixture.AssertEqual(data, fixture.Restored);
            fixture.Clear();
        }
        output.WriteLine($"{step} faults");
        Assert.True(step > 20);
    }

    [Theory]
    [InlineData(Fault.NotDone)]
    [InlineData(Fault.DoneAllTheSame)]
    [InlineData(Fault.HalfDone)]
    public async Task A_restore_that_is_killed_leaves_no_log_and_is_done_again(Fault fault)
    {
        using var fixture = new BackupFixture(entries: 12);
        string data = fixture.Data(framesPerSegment: 5).Folder;
        await fixture.BackupAsync(data);
        int step = 0;
        for (bool isDone = false; !isDone; step++)
        {
            var target = new FaultyFolder(fixture.Restored, "format")
            {
                FailAt = step,
                Fault = fault,
            };
            try
            {
                await fixture.RestoreAsync(target);
                isDone = true;
            }
            catch (IOException)
            {
                // With its format file a directory is a log: then it must be all of it.
                if (File.Exists(Path.Combine(fixture.Restored, "format")))
                {
                    BackupFixture.AssertEqual(data, fixture.Restored);
                }
                else
                {
                    await fixture.RestoreAsync();
                }
            }
            BackupFixture.AssertEqual(data, fixture.Restored);
            Directory.Delete(fixture.Restored, recursive: true);
        }
        output.WriteLine($"{step} faults");
        Assert.True(step > 20);
    }

    // Steps of a few frames each, so that finished steps are on the way.
    internal static async Task<bool> IsDoneAsync(
        BackupFixture fixture, string data, int step, Fault fault)
    {
        var target = new FaultyFolder(fixture.Backup, BackupManifest.FileName)
        {
            FailAt = step,
            Fault = fault,
        };
        try
        {
            await fixture.BackupAsync(data, target, stepBytes: 4096);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
