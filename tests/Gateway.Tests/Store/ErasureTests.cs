using Sequencer.Attestation.Log;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Store;

/// <summary>
/// After any failure of any step: a payload whose tombstone is in the log is nowhere on the disk
/// once the store is open, and every other one is whole.
/// </summary>
public class ErasureTests
{
    private const int BatchRecords = 3;

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
    public void Every_step_may_fail_and_what_a_tombstone_names_is_erased(int faultOrdinal)
    {
        Random random = Seeded.Random(out _);
        (SampleLog log, Dictionary<int, int> erased) = MakeLog(random);
        var whole = new MemoryFiles();
        Run(whole, log);
        for (int step = 1; step <= whole.Operations; step++)
        {
            var files = new MemoryFiles { FaultAt = step, Fault = (Fault)faultOrdinal };
            ulong published = Run(files, log);
            for (int i = 0; i < 3; i++)
            {
                GoOn(files.Crashed(random), log, erased, published, random);
            }
            GoOn(files.Restarted(), log, erased, published, random);
        }
    }

    [Fact]
    public void A_tombstone_that_names_another_leaf_or_no_entry_erases_nothing()
    {
        SampleLog log = SampleLog.Of(6, Seeded.Random(out _));
        log.AddTombstone(1, log.Leaves[2]);
        log.AddTombstone(0);
        log.AddTombstone(3, log.Leaves[0]);
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files);
        store.CommitTo(log, log.Size);
        store.AssertHolds(log);
        store.Dispose();
        (store, _) = StoreSteps.Open(files.Restarted());
        store.AssertHolds(log);
        store.Dispose();
    }

    [Fact]
    public void The_first_of_two_tombstones_counts_and_an_older_view_sees_the_payload_erased()
    {
        SampleLog log = SampleLog.Of(6, Seeded.Random(out _));
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files);
        store.CommitTo(log, 6);
        LogView older = store.View;
        log.AddTombstone(1);
        log.AddTombstone(1);
        store.CommitTo(log, 8);
        foreach (LogView view in new[] { older, store.View })
        {
            StoredEntry entry = view.ReadEntry(1);
            Assert.Equal((PayloadStatus.Erased, 6ul), (entry.Status, entry.Head.Tombstone!.Value));
            Assert.True(entry.Payload.IsEmpty);
            Assert.True(entry.Head.Request.Span.SequenceEqual(log.Items[1]!.Value.Request.Span));
        }
        store.Dispose();
    }

    [Fact]
    public void A_start_reads_no_payload_before_the_mark()
    {
        (SampleLog log, Dictionary<int, int> erased) = MakeLog(Seeded.Random(out _));
        var files = new MemoryFiles();
        Run(files, log);
        // What stands before the mark is believed, but for headers that are not erased.
        MemoryFiles restored = files.Copy();
        string path = restored.Paths("payload").First();
        byte[] content = restored.Content(path);
        content[2] = (byte)'P';
        restored.SetContent(path, content);
        (LogStore store, RecoveryReport report) = StoreSteps.Open(restored, Segments);
        Assert.Contains(report.Sentences, s => s.StartsWith("1 payloads", StringComparison.Ordinal));
        AssertHolds(store, log, erased);
        store.Dispose();
        (store, report) = StoreSteps.Open(files.Restarted(), Segments);
        Assert.DoesNotContain(report.Sentences, s => s.Contains("erased", StringComparison.Ordinal));
        AssertHolds(store, log, erased);
        store.Dispose();
    }

    // Entries with and without salt, and tombstones that follow soon or late.
    private static (SampleLog Log, Dictionary<int, int> Erased) MakeLog(Random random)
    {
        var log = new SampleLog();
        var erased = new Dictionary<int, int>();
        log.AddStatement();
        while (log.Size < 12)
        {
            if (log.Size is 6 or 7 or 11)
            {
                int number = log.Size == 11 ? 8 : log.Size - 5;
                erased[number] = log.Size;
                log.AddTombstone(number);
                continue;
            }
            var payload = new byte[random.Next(100, 900)];
            var salt = new byte[Limits.SaltBytes];
            random.NextBytes(payload);
            random.NextBytes(salt);
            log.AddEntry(payload, log.Size % 2 == 0 ? null : salt);
        }
        return (log, erased);
    }

    private static ulong Run(MemoryFiles files, SampleLog log)
    {
        LogStore? store = null;
        try
        {
            (store, _) = StoreSteps.Open(files, Segments);
            for (int size = BatchRecords; size <= log.Size; size += BatchRecords)
            {
                store.CommitTo(log, size);
                store.KeepDerived();
            }
        }
        catch (IOException)
        {
        }
        return store?.View.Size ?? 0;
    }

    private static void GoOn(
        MemoryFiles files, SampleLog log, Dictionary<int, int> erased, ulong published, Random random)
    {
        (LogStore store, RecoveryReport report) = StoreSteps.Open(files, Segments);
        Assert.InRange(report.Size, published, (ulong)log.Size);
        AssertHolds(store, log, erased);
        AssertNotOnDisk(files, log, erased, report.Size);
        // It is not only read so: whatever a crash leaves now is without them.
        AssertNotOnDisk(files.Crashed(random), log, erased, report.Size);
        if ((int)report.Size < log.Size) store.CommitTo(log, log.Size, report.PendingPayloads);
        AssertHolds(store, log, erased);
        AssertNotOnDisk(files.Crashed(random), log, erased, (ulong)log.Size);
        store.Dispose();
    }

    private static void AssertHolds(LogStore store, SampleLog log, Dictionary<int, int> erased)
    {
        for (int number = 0; number < (int)store.View.Size; number++)
        {
            bool isErased = erased.TryGetValue(number, out int tombstone)
                && (ulong)tombstone < store.View.Size;
            if (!isErased)
            {
                StoreSteps.AssertEntry(store.View, log, number);
                continue;
            }
            StoredEntry entry = store.View.ReadEntry((ulong)number);
            Assert.Equal(PayloadStatus.Erased, entry.Status);
            Assert.Equal((ulong)tombstone, entry.Head.Tombstone);
            Assert.True(entry.Payload.IsEmpty && entry.Salt.IsEmpty);
            PayloadItem item = log.Items[number]!.Value;
            Assert.True(entry.Head.Request.Span.SequenceEqual(item.Request.Span));
            Assert.True(entry.Head.Metadata.Span.SequenceEqual(item.Metadata.Span));
        }
    }

    private static void AssertNotOnDisk(
        MemoryFiles files, SampleLog log, Dictionary<int, int> erased, ulong size)
    {
        byte[][] segments = [.. files.Paths("payload").Select(files.Content)];
        foreach ((int number, int tombstone) in erased)
        {
            if ((ulong)tombstone >= size) continue;
            PayloadItem item = log.Items[number]!.Value;
            // Any part of it would do harm.
            ReadOnlySpan<byte> middle = item.Payload.Span.Slice(item.Payload.Length / 2, 16);
            foreach (byte[] segment in segments)
            {
                Assert.True(segment.AsSpan().IndexOf(middle) < 0, $"payload {number}");
                Assert.True(segment.AsSpan().IndexOf(item.Payload.Span[..16]) < 0);
                Assert.True(segment.AsSpan().IndexOf(item.Payload.Span[^16..]) < 0);
                if (item.Salt.IsEmpty) continue;
                Assert.True(segment.AsSpan().IndexOf(item.Salt.Span) < 0, $"salt {number}");
            }
        }
    }
}
