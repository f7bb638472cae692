using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Store;

public class ReadTests
{
    private const int Size = 600;

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(300)]
    public void Every_published_size_reads_as_the_oracle_has_it(int batchMax)
    {
        Random random = Seeded.Random(out _);
        SampleLog log = SampleLog.Of(Size, random);
        (LogStore store, _) = StoreSteps.Open(new MemoryFiles(), StoreSteps.SmallSegments);
        using (store)
        {
            store.AssertHolds(log);
            while (store.View.Size < Size)
            {
                LogView older = store.View;
                int size = Math.Min(Size, (int)older.Size + random.Next(1, batchMax + 1));
                store.CommitTo(log, size);
                Assert.Equal((ulong)size, store.View.Size);
                AssertTiles(store.View, log, random);
                AssertProofs(store.View, log, random);
                AssertTiles(older, log, random);
            }
            store.AssertHolds(log);
        }
    }

    [Fact]
    public void Records_fill_a_buffer_as_far_as_whole_ones_go()
    {
        Random random = Seeded.Random(out _);
        SampleLog log = SampleLog.Of(Size, random);
        (LogStore store, _) = StoreSteps.Open(new MemoryFiles(), StoreSteps.SmallSegments);
        using (store)
        {
            while (store.View.Size < Size)
            {
                store.CommitTo(log, Math.Min(Size, (int)store.View.Size + random.Next(1, 50)));
            }
            for (int i = 0; i < 200; i++)
            {
                int first = random.Next(Size + 1);
                var buffer = new byte[random.Next(100_000)];
                int countMax = random.Next(2) == 0 ? int.MaxValue : random.Next(Size);
                int bytes = store.View.ReadRecords((ulong)first, buffer, out int count, countMax);
                Assert.Equal(log.Bundle(first, first + count), buffer[..bytes]);
                int next = first + count;
                Assert.True(
                    next == Size || count == countMax
                    || bytes + 2 + log.Records[next].Length > buffer.Length);
            }
        }
    }

    [Fact]
    public void Ten_thousand_equal_payloads_are_found_newest_first()
    {
        const int equal = 10_000;
        var log = new SampleLog();
        log.AddStatement();
        log.AddEntry([1]);
        for (int i = 0; i < equal; i++) log.AddEntry([2]);
        log.AddEntry([3]);
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files);
        while (store.View.Size < (ulong)log.Size)
        {
            store.CommitTo(log, Math.Min(log.Size, (int)store.View.Size + 1000));
        }
        AssertFound(store.View);
        LogView view = store.View;
        log.AddEntry([2]);
        store.CommitTo(log, log.Size);
        AssertFound(view);
        Assert.Equal((ulong)log.Size - 1, store.View.FindPayload(Derivation.Payload([2]), Caller.Anyone.Tenant, 1)[0]);
        store.Dispose();

        (store, _) = StoreSteps.Open(files);
        Assert.Equal(
            equal + 1, store.View.FindPayload(Derivation.Payload([2]), Caller.Anyone.Tenant, int.MaxValue).Count);
        store.Dispose();

        static void AssertFound(LogView view)
        {
            Assert.Equal([1UL], view.FindPayload(Derivation.Payload([1]), Caller.Anyone.Tenant, 5));
            Assert.Equal(
                [10_001UL, 10_000UL, 9_999UL], view.FindPayload(Derivation.Payload([2]), Caller.Anyone.Tenant, 3));
            Assert.Equal([10_002UL], view.FindPayload(Derivation.Payload([3]), Caller.Anyone.Tenant, 5));
            Assert.Empty(view.FindPayload(Derivation.Payload([4]), Caller.Anyone.Tenant, 5));
            Assert.Equal(equal, view.FindPayload(Derivation.Payload([2]), Caller.Anyone.Tenant, int.MaxValue).Count);
        }
    }

    [Fact]
    public void A_payload_that_is_gone_or_changed_is_told_from_a_whole_one()
    {
        Random random = Seeded.Random(out _);
        SampleLog log = SampleLog.Of(60, random, payloadMaxBytes: 2000);
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files, StoreSteps.SmallSegments);
        for (int size = 5; size <= 60; size += 5) store.CommitTo(log, size);
        store.Dispose();
        string[] segments = [.. files.Paths("payload")];

        files.Delete(segments[0]);
        byte[] second = files.Content(segments[1]);
        second[^1] ^= 1;
        files.SetContent(segments[1], second);

        (store, _) = StoreSteps.Open(files, StoreSteps.SmallSegments);
        using (store)
        {
            PayloadStatus[] found =
                [.. Enumerable.Range(0, 60).Select(n => store.View.ReadEntry((ulong)n).Status)];
            Assert.Equal(PayloadStatus.Missing, found[1]);
            Assert.Single(found, PayloadStatus.Damaged);
            Assert.Equal(PayloadStatus.Whole, found[59]);
            Assert.All(
                Enumerable.Range(0, 60),
                n => Assert.Equal(
                    log.Records[n], store.View.ReadEntry((ulong)n).Head.Record.ToArray()));
        }
    }

    [Fact]
    public void A_head_is_read_without_the_payload_and_compared_with_the_record()
    {
        byte[] payload = Enumerable.Range(0, 5000).Select(i => (byte)i).ToArray();
        var log = new SampleLog();
        log.AddStatement();
        log.AddEntry(payload);
        log.AddEntry([1]);
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files);
        store.CommitTo(log, 3);
        store.Dispose();
        string segment = files.Paths("payload").Single();
        byte[] whole = files.Content(segment);
        int payloadAt = whole.AsSpan().IndexOf(payload);

        StoredHead intact = HeadAfterChanging(at: null);
        Assert.Equal(PayloadStatus.Whole, intact.Status);
        Assert.Equal(log.Records[1], intact.Record.ToArray());
        Assert.Equal(log.Items[1]!.Value.Request.ToArray(), intact.Request.ToArray());
        Assert.Equal(log.Items[1]!.Value.Metadata.ToArray(), intact.Metadata.ToArray());
        // The payload and the checksum over it are not looked at; all else is.
        Assert.Equal(PayloadStatus.Whole, HeadAfterChanging(payloadAt + 4000).Status);
        for (int at = 0; at < payloadAt; at++)
        {
            bool isChecksum = at is >= 16 and < PayloadFrame.HeaderBytes;
            Assert.Equal(
                isChecksum ? PayloadStatus.Whole : PayloadStatus.Damaged,
                HeadAfterChanging(at).Status);
        }

        StoredHead HeadAfterChanging(int? at)
        {
            byte[] content = [.. whole];
            if (at is { } place) content[place] ^= 1;
            files.SetContent(segment, content);
            (LogStore opened, _) = StoreSteps.Open(files);
            using (opened)
            {
                Assert.Equal(PayloadStatus.None, opened.View.ReadHead(0).Status);
                if (at is not null)
                {
                    Assert.Equal(PayloadStatus.Damaged, opened.View.ReadEntry(1).Status);
                }
                return opened.View.ReadHead(1);
            }
        }
    }

    private static void AssertTiles(LogView view, SampleLog log, Random random)
    {
        foreach (TilePath tile in TileMath.NewTiles(0, view.Size))
        {
            Assert.Equal(ExpectedTile(log, tile), view.ReadTile(tile));
            int narrower = random.Next(1, tile.Width + 1);
            var partial = TilePath.Hashes(tile.Level, tile.Index, narrower);
            Assert.Equal(ExpectedTile(log, partial), view.ReadTile(partial));
            if (tile.Width < TilePath.FullWidth)
            {
                Assert.Null(view.ReadTile(TilePath.Hashes(tile.Level, tile.Index, tile.Width + 1)));
            }
            if (tile.Level > 0) continue;
            int first = (int)tile.Index * TilePath.FullWidth;
            Assert.Equal(
                log.Bundle(first, first + tile.Width),
                view.ReadTile(TilePath.Entries(tile.Index, tile.Width)));
            Assert.Equal(
                log.Bundle(first, first + narrower),
                view.ReadTile(TilePath.Entries(tile.Index, narrower)));
        }
        Assert.Null(view.ReadTile(TilePath.Hashes(0, view.Size / 256 + 1, 1)));
        Assert.Null(view.ReadTile(TilePath.Entries(view.Size / 256 + 1, 1)));
        Assert.Null(view.ReadTile(TilePath.Hashes(2, 0, 1)));
        Assert.Null(view.ReadTile(TilePath.Hashes(63, 0, 1)));
    }

    // RFC 6962 over the leaves, without the store's or the tiles' arithmetic.
    private static byte[] ExpectedTile(SampleLog log, TilePath tile)
    {
        int leavesPerHash = tile.Level == 0 ? 1 : 256;
        Assert.InRange(tile.Level, 0, 1);
        var hashes = new List<byte>();
        for (int i = 0; i < tile.Width; i++)
        {
            int first = ((int)tile.Index * 256 + i) * leavesPerHash;
            var frontier = new TreeFrontier();
            foreach (Digest leaf in log.Leaves[first..(first + leavesPerHash)])
            {
                frontier.Append(leaf);
            }
            hashes.AddRange(frontier.Root().AsSpan());
        }
        return [.. hashes];
    }

    private static void AssertProofs(LogView view, SampleLog log, Random random)
    {
        TileHashSource hashes = view.OpenHashes();
        for (int i = 0; i < 10; i++)
        {
            int size = random.Next(1, (int)view.Size + 1);
            int number = random.Next(size);
            Assert.True(InclusionProof.Verify(
                (ulong)number, (ulong)size, log.Leaves[number],
                InclusionProof.Create((ulong)number, (ulong)size, hashes), log.Root(size)));
            int older = random.Next(size + 1);
            Assert.True(ConsistencyProof.Verify(
                (ulong)older, log.Root(older), (ulong)size, log.Root(size),
                ConsistencyProof.Create((ulong)older, (ulong)size, hashes)));
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => hashes.Read(0, view.Size));
    }
}
