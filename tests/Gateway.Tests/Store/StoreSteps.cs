using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Store;

/// <summary>What tests do with a store and a <see cref="SampleLog"/>.</summary>
internal static class StoreSteps
{
    public static readonly StoreOptions SmallSegments = new() { SegmentBytes = 4000 };

    public static (LogStore Store, RecoveryReport Report) Open(
        IStoreFiles files, StoreOptions? options = null) =>
        Recovery.Open(files, "data", options ?? new StoreOptions());

    /// <summary>Takes the log on to a size in one batch, through every durable step.</summary>
    /// <param name="pending">Payload frames from before a restart, which are not written
    /// again.</param>
    /// <param name="isHeadGiven">As the writer does it; otherwise as a batch that a reconnected
    /// enclave gives again.</param>
    public static void CommitTo(
        this LogStore store,
        SampleLog log,
        int to,
        IReadOnlyDictionary<Digest, ulong>? pending = null,
        bool isHeadGiven = false)
    {
        int from = (int)store.View.Size;
        ulong[] offsets = store.WritePayloads(log, from, to, pending);
        foreach (StatementPlace statement in log.Statements)
        {
            if (statement.Number < (ulong)from || statement.Number >= (ulong)to) continue;
            store.PutEpochDocument(statement.Epoch, SampleLog.DocumentOf(statement.Epoch));
        }
        EntryHead[] heads =
        [
            .. log.Items[from..to].Select(item =>
                new EntryHead(item?.Request ?? default, item?.Metadata ?? default)),
        ];
        store.AppendCommit(
            (ulong)from,
            log.Bundle(from, to),
            offsets,
            SampleLog.CheckpointAt(to),
            isHeadGiven ? heads : []);
        store.SyncLog();
        store.Publish();
    }

    /// <summary>The payloads of a range, durable; the offsets for the commit.</summary>
    public static ulong[] WritePayloads(
        this LogStore store,
        SampleLog log,
        int from,
        int to,
        IReadOnlyDictionary<Digest, ulong>? pending = null)
    {
        var offsets = new ulong[to - from];
        Array.Fill(offsets, CommitFrame.NoPayload);
        var items = new List<PayloadItem>();
        var places = new List<int>();
        for (int i = 0; i < offsets.Length; i++)
        {
            if (log.Items[from + i] is not { } item) continue;
            Digest digest = Derivation.Request(item.Request.Span);
            if (pending is not null && pending.TryGetValue(digest, out offsets[i])) continue;
            items.Add(item);
            places.Add(i);
        }
        var written = new ulong[items.Count];
        store.AppendPayloads(items.ToArray(), written);
        store.SyncPayloads();
        for (int i = 0; i < places.Count; i++) offsets[places[i]] = written[i];
        return offsets;
    }

    /// <summary>Everything that a view can be asked is what the oracle has at its size.</summary>
    public static void AssertHolds(this LogStore store, SampleLog log)
    {
        LogView view = store.View;
        int size = (int)view.Size;
        Assert.Equal(size == 0 ? [] : SampleLog.CheckpointAt(size), view.Checkpoint.ToArray());
        Assert.Equal(log.Statements.Where(s => s.Number < view.Size), view.Statements);
        foreach (StatementPlace statement in view.Statements)
        {
            Assert.Equal(
                SampleLog.DocumentOf(statement.Epoch), store.EpochDocument(statement.Epoch));
        }
        TileHashSource hashes = view.OpenHashes();
        for (int number = 0; number < size; number++)
        {
            AssertEntry(view, log, number);
            AssertInclusion(view, log, number, hashes);
        }
        var all = new byte[log.Bundle(0, size).Length];
        Assert.Equal(all.Length, view.ReadRecords(0, all, out int count));
        Assert.Equal(size, count);
        Assert.Equal(log.Bundle(0, size), all);
    }

    public static void AssertEntry(LogView view, SampleLog log, int number)
    {
        StoredEntry entry = view.ReadEntry((ulong)number);
        StoredHead head = view.ReadHead((ulong)number);
        Assert.Equal(entry.Status, head.Status);
        Assert.Equal(entry.Head.Request.ToArray(), head.Request.ToArray());
        Assert.Equal(entry.Head.Metadata.ToArray(), head.Metadata.ToArray());
        Assert.Equal(log.Records[number], entry.Head.Record.ToArray());
        Assert.Equal(log.Records[number], view.ReadRecord((ulong)number));
        if (log.Items[number] is not { } item)
        {
            Assert.Equal(PayloadStatus.None, entry.Status);
            return;
        }
        Assert.Equal(PayloadStatus.Whole, entry.Status);
        Assert.Equal(item.Request.ToArray(), entry.Head.Request.ToArray());
        Assert.Equal(item.Metadata.ToArray(), entry.Head.Metadata.ToArray());
        Assert.Equal(item.Payload.ToArray(), entry.Payload.ToArray());
        Assert.Contains(
            (ulong)number, view.FindPayload(Derivation.Payload(item.Payload.Span), int.MaxValue));
    }

    public static void AssertInclusion(
        LogView view, SampleLog log, int number, TileHashSource hashes)
    {
        Digest[] path = InclusionProof.Create((ulong)number, view.Size, hashes);
        Assert.True(InclusionProof.Verify(
            (ulong)number, view.Size, log.Leaves[number], path, log.Root((int)view.Size)));
    }
}
