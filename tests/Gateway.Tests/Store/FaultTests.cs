using Sequencer.Attestation.Log;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Store;

/// <summary>
/// What was published is there after any failure of any step, and the log goes on as the oracle has
/// it.
/// </summary>
public class FaultTests
{
    private const int Size = 24;
    private const int BatchRecords = 4;

    private static readonly StoreOptions Segments = new()
    {
        SegmentBytes = 2500,
        NewestBytes = 64 * 1024,
    };

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_step_may_fail_and_nothing_published_is_lost(int faultOrdinal)
    {
        var fault = (Fault)faultOrdinal;
        Random random = Seeded.Random(out _);
        SampleLog log = SampleLog.Of(Size, random);
        int steps = StepsOfWholeRun(log);
        Assert.InRange(steps, 50, 500);
        for (int step = 1; step <= steps; step++)
        {
            var files = new MemoryFiles { FaultAt = step, Fault = fault };
            ulong published = RunIntoFault(files, log);
            // The machine goes down; or the process starts again; or first that and then the
            // machine.
            for (int i = 0; i < 3; i++) GoOn(files.Crashed(random), log, published);
            MemoryFiles restarted = files.Restarted();
            (LogStore store, RecoveryReport report) = StoreSteps.Open(restarted, Segments);
            Assert.InRange(report.Size, published, (ulong)Size);
            store.Dispose();
            for (int i = 0; i < 3; i++) GoOn(restarted.Crashed(random), log, report.Size);
            GoOn(restarted, log, report.Size);
            for (int i = 0; i < 3; i++) GoOn(restarted.Crashed(random), log, Size);
        }
    }

    [Fact]
    public void What_recovery_found_survives_a_crash_although_its_sync_had_failed()
    {
        SampleLog log = SampleLog.Of(8, Seeded.Random(out _));
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files);
        store.CommitTo(log, 4);
        ulong[] offsets = store.WritePayloads(log, 4, 8);
        store.PutEpochDocument(1, SampleLog.DocumentOf(1));
        store.AppendCommit(4, log.Bundle(4, 8), offsets, SampleLog.CheckpointAt(8));
        files.FaultAt = files.Operations + 1;
        Assert.Throws<UncertainWriteException>(store.SyncLog);
        Assert.Equal(4UL, store.View.Size);

        MemoryFiles restarted = files.Restarted();
        (store, _) = StoreSteps.Open(restarted);
        Assert.Equal(8UL, store.View.Size);
        MemoryFiles crashed = restarted.Crashed(new Random(1));
        (store, _) = StoreSteps.Open(crashed);
        Assert.Equal(8UL, store.View.Size);
        store.AssertHolds(log);
    }

    [Fact]
    public void After_a_failure_every_write_is_refused_and_reads_go_on()
    {
        SampleLog log = SampleLog.Of(8, Seeded.Random(out _));
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files);
        store.CommitTo(log, 4);
        files.FaultAt = files.Operations + 1;
        PayloadItem[] items = [log.Items[5]!.Value];
        var offsets = new ulong[1];
        Assert.Throws<UncertainWriteException>(() => store.AppendPayloads(items, offsets));

        int operations = files.Operations;
        Assert.Throws<UncertainWriteException>(() => store.AppendPayloads(items, offsets));
        Assert.Throws<UncertainWriteException>(store.SyncPayloads);
        Assert.Throws<UncertainWriteException>(
            () => store.AppendCommit(4, log.Bundle(4, 5), offsets, SampleLog.CheckpointAt(5)));
        Assert.Throws<UncertainWriteException>(store.SyncLog);
        Assert.Throws<UncertainWriteException>(() => store.PutEpochDocument(9, new byte[1]));
        Assert.Equal(operations, files.Operations);
        store.AssertHolds(log);
    }

    [Fact]
    public void A_batch_that_does_not_follow_is_refused_and_changes_nothing()
    {
        SampleLog log = SampleLog.Of(12, Seeded.Random(out _));
        SampleLog other = SampleLog.Of(12, new Random(5));
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files);
        store.CommitTo(log, 2);
        ulong[] offsets = store.WritePayloads(log, 2, 6);
        byte[] checkpoint = SampleLog.CheckpointAt(6);
        byte[] records = log.Bundle(2, 6);
        int operations = files.Operations;

        Refused(3, records, offsets);
        Refused(2, log.Bundle(3, 7), offsets);
        Refused(2, other.Bundle(2, 6), offsets);
        Refused(2, records[..^1], offsets);
        Refused(2, [.. records, 0], offsets);
        Refused(2, records, offsets[..3]);
        Refused(2, records, [.. offsets, offsets[3]]);
        Refused(2, records, [.. offsets[..3], CommitFrame.NoPayload]);
        Refused(2, records, [.. offsets[..3], 1 << 30]);
        Refused(2, [], []);
        Assert.Throws<InvalidOperationException>(store.Publish);
        Assert.Equal(operations, files.Operations);

        store.AppendCommit(2, records, offsets, checkpoint);
        Assert.Throws<InvalidOperationException>(store.Publish);
        Assert.Throws<InvalidOperationException>(
            () => store.AppendCommit(6, log.Bundle(6, 7), offsets.AsSpan(0, 1), checkpoint));
        Assert.Equal(2UL, store.View.Size);
        store.SyncLog();
        store.Publish();
        store.AssertHolds(log);
        // The second epoch's statement, at 6, before its document; then a document after the fact.
        Assert.Throws<ArgumentException>(
            () => store.AppendCommit(6, log.Bundle(6, 7), [CommitFrame.NoPayload], checkpoint));
        store.CommitTo(log, 12);
        Assert.Throws<InvalidOperationException>(() => store.PutEpochDocument(1, new byte[1]));
        store.AssertHolds(log);

        void Refused(ulong first, byte[] bytes, ulong[] places) => Assert.Throws<ArgumentException>(
            () => store.AppendCommit(first, bytes, places, checkpoint));
    }

    [Fact]
    public void One_sync_makes_all_payloads_durable_that_were_appended_before()
    {
        Random random = Seeded.Random(out _);
        SampleLog log = SampleLog.Of(60, random);
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files, Segments);
        for (int number = 1; number < 30; number++)
        {
            store.AppendPayloads([log.Items[number]!.Value], new ulong[1]);
        }
        store.SyncPayloads();
        Assert.True(files.Paths("payload").Count() > 3);
        for (int i = 0; i < 20; i++)
        {
            (store, RecoveryReport report) = StoreSteps.Open(files.Crashed(random), Segments);
            Assert.Equal(29, report.PendingPayloads.Count);
            store.CommitTo(log, 30, report.PendingPayloads);
            store.AssertHolds(log);
        }
    }

    [Fact]
    public void Many_lives_that_end_anywhere_make_one_log()
    {
        Random random = Seeded.Random(out _);
        for (int round = 0; round < 20; round++)
        {
            SampleLog log = SampleLog.Of(150, random, payloadMaxBytes: 2000);
            var files = new MemoryFiles();
            ulong published = 0;
            // Requests whose payloads were made durable: they are in the log or offered again.
            int handedOver = 0;
            for (int life = 0; published < (ulong)log.Size; life++)
            {
                Assert.InRange(life, 0, 1000);
                files.Fault = Fault.Killed;
                files.FaultAt = files.Operations + random.Next(1, 120);
                try
                {
                    (LogStore store, RecoveryReport report) =
                        StoreSteps.Open(files, StoreSteps.SmallSegments);
                    Assert.InRange(report.Size, published, (ulong)log.Size);
                    published = report.Size;
                    AssertOffered(log, report, handedOver);
                    store.AssertHolds(log);
                    while (published < (ulong)log.Size)
                    {
                        int to = Math.Min(log.Size, (int)published + random.Next(1, 12));
                        store.WritePayloads(log, (int)published, to, report.PendingPayloads);
                        handedOver = Math.Max(handedOver, to);
                        store.CommitTo(log, to, report.PendingPayloads);
                        published = (ulong)to;
                    }
                }
                catch (IOException)
                {
                }
                files = random.Next(4) == 0 ? files.Restarted() : files.Crashed(random);
            }
            (LogStore last, _) = StoreSteps.Open(files, StoreSteps.SmallSegments);
            last.AssertHolds(log);
        }
    }

    private static void AssertOffered(SampleLog log, RecoveryReport report, int handedOver)
    {
        for (int number = (int)report.Size; number < handedOver; number++)
        {
            if (log.Items[number] is not { } item) continue;
            Assert.Contains(Derivation.Request(item.Request.Span), report.PendingPayloads.Keys);
        }
    }

    private static int StepsOfWholeRun(SampleLog log)
    {
        var files = new MemoryFiles();
        Assert.Equal((ulong)Size, RunIntoFault(files, log));
        return files.Operations;
    }

    // The size that was published when the fault came.
    private static ulong RunIntoFault(MemoryFiles files, SampleLog log)
    {
        LogStore? store = null;
        try
        {
            (store, _) = StoreSteps.Open(files, Segments);
            for (int size = BatchRecords; size <= Size; size += BatchRecords)
            {
                store.CommitTo(log, size);
            }
        }
        catch (UncertainWriteException)
        {
            Assert.NotNull(store);
            store.AssertHolds(log);
            Assert.Throws<UncertainWriteException>(store.SyncLog);
        }
        catch (IOException)
        {
            Assert.Null(store);
        }
        return store?.View.Size ?? 0;
    }

    private static void GoOn(MemoryFiles files, SampleLog log, ulong published)
    {
        (LogStore store, RecoveryReport report) = StoreSteps.Open(files, Segments);
        Assert.InRange(report.Size, published, (ulong)Size);
        Assert.Equal(0UL, report.Size % BatchRecords);
        store.AssertHolds(log);
        if (report.Size < Size) store.CommitTo(log, Size, report.PendingPayloads);
        store.AssertHolds(log);
        store.Dispose();
    }
}
