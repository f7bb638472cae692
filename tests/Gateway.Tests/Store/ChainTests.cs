using System.Globalization;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Store;

/// <summary>Streams, categories and types are what a list of all entries says that they are.</summary>
public sealed class ChainTests
{
    private static readonly string[] Streams =
        ["a", "a-1", "a-2", "b-1", "b-1-x", "-", "-a", "ü-1", "only-read"];

    private static readonly string[] Types = ["", "placed", "paid", "ü"];

    [Fact]
    public void What_is_read_is_what_was_appended_through_restarts_and_crashes()
    {
        Random random = Seeded.Random(out _);
        for (int run = 0; run < 10; run++)
        {
            SampleLog log = Sample(random, 400);
            var files = new MemoryFiles();
            (LogStore store, _) = StoreSteps.Open(files, StoreSteps.SmallSegments);
            for (int size = 0; size < log.Size;)
            {
                size = Math.Min(log.Size, size + random.Next(1, 70));
                LogView before = store.View;
                store.CommitTo(log, size, isHeadGiven: random.Next(2) == 0);
                if (random.Next(2) == 0) AssertSequences(before, log, random);
                if (random.Next(2) == 0) AssertSequences(store.View, log, random);
                if (random.Next(3) == 0) store.KeepDerived();
                if (random.Next(3) != 0) continue;
                store.Dispose();
                files = random.Next(2) == 0 ? files.Restarted() : files.Crashed(random);
                (store, _) = StoreSteps.Open(files, StoreSteps.SmallSegments);
            }
            AssertSequences(store.View, log, random);
            store.Dispose();
        }
    }

    [Fact]
    public void Whatever_step_fails_the_next_opening_reads_the_same()
    {
        Random random = Seeded.Random(out _);
        SampleLog log = Sample(random, 60);
        foreach (Fault fault in Enum.GetValues<Fault>())
        {
            for (int step = 1; ; step++)
            {
                var files = new MemoryFiles { Fault = fault, FaultAt = step };
                bool isDone = TryRun(files, log);
                foreach (MemoryFiles next in new[] { files.Restarted(), files.Crashed(random) })
                {
                    (LogStore store, RecoveryReport report) =
                        StoreSteps.Open(next, StoreSteps.SmallSegments);
                    AssertSequences(store.View, log, random);
                    if (report.Size < 60) store.CommitTo(log, 60, report.PendingPayloads);
                    AssertSequences(store.View, log, random);
                    store.Dispose();
                }
                if (isDone) break;
            }
        }
    }

    [Fact]
    public void Places_of_a_long_chain_are_found_from_its_end()
    {
        var log = new SampleLog();
        log.AddStatement();
        for (int i = 0; i < 3000; i++) log.AddEvent("default", i % 3 == 0 ? "a-1" : "b-2", "t");
        (LogStore store, _) = StoreSteps.Open(new MemoryFiles());
        store.CommitTo(log, 1);
        store.CommitTo(log, 1700);
        store.CommitTo(log, log.Size);
        EntrySelection selection = EntrySelection.Stream(Tenant("default"), "a-1");
        var sequence = new EntrySequence(selection, ReadDirection.Forwards);
        for (ulong version = 1; version <= 1000; version++)
        {
            EntryPage page = sequence.Read(store.View, version, 1);
            Assert.Equal([3 * version - 2], Numbers(page));
            Assert.Equal((version + 1, version < 1000), (page.Next, page.HasMore));
        }
        Assert.Equal(
            new StreamState("a-1", 1000, 1, 2998),
            StreamList.Find(store.View, Tenant("default"), "a-1"));
        store.Dispose();
    }

    [Theory]
    [InlineData("index/rows")]
    [InlineData("index/chains")]
    public void An_index_that_is_short_gone_or_out_of_order_is_made_anew(string path)
    {
        Random random = Seeded.Random(out _);
        (MemoryFiles files, SampleLog log) = Kept(random);
        byte[] content = files.Content(path);
        byte[][] others = path == "index/rows"
            ? [content[..^1], [.. content[32..], .. content[..32]]]
            : [content[..^1]];
        foreach (byte[] other in others)
        {
            MemoryFiles damaged = files.Copy();
            damaged.SetContent(path, other);
            AssertMadeAnew(damaged);
        }
        MemoryFiles missing = files.Copy();
        missing.Delete(path);
        AssertMadeAnew(missing);

        void AssertMadeAnew(MemoryFiles other)
        {
            (LogStore store, _) = StoreSteps.Open(other);
            Assert.Equal(0ul, store.KeptSize);
            AssertSequences(store.View, log, random);
            store.Dispose();
        }
    }

    [Fact]
    public void A_damaged_index_gives_nothing_that_is_wrong()
    {
        Random random = Seeded.Random(out _);
        (MemoryFiles files, SampleLog log) = Kept(random);
        byte[] rows = files.Content("index/rows");
        for (int run = 0; run < 300; run++)
        {
            MemoryFiles damaged = files.Copy();
            byte[] content = [.. rows];
            content[random.Next(content.Length)] ^= (byte)(1 << random.Next(8));
            damaged.SetContent("index/rows", content);
            (LogStore store, _) = StoreSteps.Open(damaged);
            foreach (EntrySelection selection in Selections())
            {
                ulong[] right = [.. Model(log, selection, store.View.Size).Select(e => e.Number)];
                foreach (ReadDirection direction in Enum.GetValues<ReadDirection>())
                {
                    try
                    {
                        var sequence = new EntrySequence(selection, direction);
                        EntryPage page = sequence.Read(
                            store.View, sequence.StartOf(store.View), 1000);
                        Assert.Empty(Numbers(page).Except(right));
                        Assert.Equal(Numbers(page).Count(), Numbers(page).Distinct().Count());
                    }
                    catch (IOException)
                    {
                    }
                }
            }
            store.Dispose();
        }
    }

    [Fact]
    public void Entries_whose_heads_are_lost_stay_in_their_streams_and_stop_nothing()
    {
        Random random = Seeded.Random(out _);
        (MemoryFiles files, SampleLog log) = Kept(random);
        foreach (string path in files.Paths("payload").ToArray())
        {
            // All but the last frame, which tells where the payloads end.
            byte[] content = files.Content(path);
            content.AsSpan(0, content.Length / 2).Clear();
            files.SetContent(path, content);
        }
        foreach (bool isRebuilt in new[] { false, true })
        {
            if (isRebuilt) files.Delete("index/mark");
            (LogStore store, _) = StoreSteps.Open(files);
            foreach (EntrySelection selection in Selections())
            {
                List<ulong> read = ReadAll(store.View, selection, ReadDirection.Forwards, random);
                IEnumerable<ulong> right = Model(log, selection, store.View.Size)
                    .Where(e => selection.Kind == SelectionKind.Stream
                        || store.View.ReadHead(e.Number).Status == PayloadStatus.Whole)
                    .Select(e => e.Number);
                Assert.Equal(right, read);
            }
            store.Dispose();
        }
    }

    private static SampleLog Sample(Random random, int size)
    {
        var log = new SampleLog();
        while (log.Size < size)
        {
            if (log.Size == 0 || log.Size == size / 2)
            {
                log.AddStatement();
                continue;
            }
            // Few of some, many of others.
            int stream = random.Next(Streams.Length + 1) * random.Next(2);
            log.AddEvent(
                random.Next(3) == 0 ? "other" : "default",
                stream == 0 && random.Next(2) == 0 ? null : Streams[Math.Max(0, stream - 1)],
                Types[random.Next(Types.Length)]);
        }
        return log;
    }

    private static (MemoryFiles Files, SampleLog Log) Kept(Random random)
    {
        SampleLog log = Sample(random, 200);
        var files = new MemoryFiles();
        (LogStore store, _) = StoreSteps.Open(files);
        store.CommitTo(log, 70);
        store.CommitTo(log, log.Size);
        store.KeepDerived();
        store.Dispose();
        (store, _) = StoreSteps.Open(files);
        Assert.Equal((ulong)log.Size, store.KeptSize);
        AssertSequences(store.View, log, random);
        store.Dispose();
        return (files, log);
    }

    // True when no step was left that the fault could hit.
    private static bool TryRun(MemoryFiles files, SampleLog log)
    {
        try
        {
            (LogStore store, _) = StoreSteps.Open(files, StoreSteps.SmallSegments);
            store.CommitTo(log, 25);
            store.KeepDerived();
            store.CommitTo(log, 60);
            store.KeepDerived();
            store.Dispose();
        }
        catch (IOException)
        {
        }
        return files.Operations < files.FaultAt;
    }

    private static IEnumerable<ulong> Numbers(EntryPage page) => page.Entries.Select(e => e.Number);

    private static Digest Tenant(string name) =>
        Derivation.Tenant(System.Text.Encoding.UTF8.GetBytes(name));

    private static IEnumerable<EntrySelection> Selections()
    {
        foreach (Digest tenant in new[] { Tenant("default"), Tenant("other"), Tenant("nobody") })
        {
            foreach (string stream in Streams)
            {
                yield return EntrySelection.Stream(tenant, stream);
                yield return EntrySelection.Category(tenant, stream);
            }
            foreach (string type in Types) yield return EntrySelection.Type(tenant, type);
        }
    }

    private static List<SampleEvent> Model(SampleLog log, EntrySelection selection, ulong size) =>
    [
        .. log.Events.Where(e => e.Number < size && e.Tenant == selection.Tenant
            && selection.Kind switch
            {
                SelectionKind.Stream => e.Stream == selection.Name,
                SelectionKind.Category => e.Category == selection.Name,
                _ => selection.Name.Length > 0 && e.Type == selection.Name,
            }),
    ];

    private static List<ulong> ReadAll(
        LogView view, EntrySelection selection, ReadDirection direction, Random random)
    {
        var sequence = new EntrySequence(selection, direction);
        var read = new List<ulong>();
        ulong at = sequence.StartOf(view);
        EntryPage page;
        do
        {
            page = sequence.Read(view, at, random.Next(1, 20));
            read.AddRange(Numbers(page));
            at = page.Next;
        }
        while (page.HasMore);
        return read;
    }

    private static void AssertSequences(LogView view, SampleLog log, Random random)
    {
        foreach (EntrySelection selection in Selections())
        {
            List<SampleEvent> right = Model(log, selection, view.Size);
            Assert.Equal(
                right.Select(e => e.Number),
                ReadAll(view, selection, ReadDirection.Forwards, random));
            Assert.Equal(
                right.Select(e => e.Number).Reverse(),
                ReadAll(view, selection, ReadDirection.Backwards, random));
            AssertFromAnywhere(view, selection, right, random);
        }
        foreach (Digest tenant in new[] { Tenant("default"), Tenant("other"), Tenant("nobody") })
        {
            AssertStreams(view, log, tenant, null, random);
            foreach (string category in new[] { "a", "b", "ü", "only", "c" })
            {
                AssertStreams(view, log, tenant, category, random);
            }
        }
    }

    private static void AssertFromAnywhere(
        LogView view, EntrySelection selection, List<SampleEvent> right, Random random)
    {
        ulong from = (ulong)random.Next(selection.IsByVersion ? right.Count + 3 : (int)view.Size + 3);
        int limit = random.Next(1, 9);
        ulong PositionOf(SampleEvent e) => selection.IsByVersion ? (ulong)e.Version : e.Number;

        EntryPage page = new EntrySequence(selection, ReadDirection.Forwards)
            .Read(view, from, limit);
        List<SampleEvent> left = [.. right.Where(e => PositionOf(e) >= from)];
        string what = string.Create(
            CultureInfo.InvariantCulture, $"{selection.Kind} {selection.Name} from {from}");
        Assert.Equal(
            left.Take(limit).Select(e => new EntryPlace(e.Number, PositionOf(e))), page.Entries);
        Assert.True(left.Count > limit == page.HasMore, what);
        Assert.Equal(
            left.Skip(limit).Select(e => e.Number),
            right.Where(e => PositionOf(e) >= page.Next).Select(e => e.Number));

        page = new EntrySequence(selection, ReadDirection.Backwards).Read(view, from, limit);
        left = [.. right.Where(e => PositionOf(e) <= from).Reverse()];
        Assert.Equal(left.Take(limit).Select(e => e.Number), Numbers(page));
        Assert.True(left.Count > limit == page.HasMore, what);
        if (page.HasMore) Assert.Equal(PositionOf(left[limit]), page.Next);
    }

    private static void AssertStreams(
        LogView view, SampleLog log, Digest tenant, string? category, Random random)
    {
        List<StreamState> right =
        [
            .. log.Events.Where(e => e.Number < view.Size && e.Tenant == tenant && e.Stream is not null
                    && (category is null || e.Category == category))
                .GroupBy(e => e.Stream!)
                .Select(g => new StreamState(g.Key, g.Count(), g.First().Number, g.Last().Number)),
        ];
        var read = new List<StreamState>();
        ulong? next = 0;
        while (next is { } from)
        {
            StreamPage page = StreamList.Read(view, tenant, category, from, random.Next(1, 4));
            read.AddRange(page.Streams);
            next = page.Next;
        }
        Assert.Equal(right, read);
        foreach (StreamState stream in right)
        {
            Assert.Equal(stream, StreamList.Find(view, tenant, stream.Name));
        }
        Assert.Null(StreamList.Find(view, tenant, "nothing"));
    }
}
