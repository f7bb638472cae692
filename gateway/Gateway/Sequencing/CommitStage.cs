using System.Threading.Channels;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Tracing;

namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Makes signed batches durable, shows them and answers. Owns the store's log side.
/// </summary>
/// <remarks>
/// All that is signed when the disk is free is one commit frame, whose checkpoint is the newest of
/// their heads: one write and one sync. The heads between were never outside the gateway and the
/// enclave. It cannot be a frame each under one sync, because then a crash could tear one and keep
/// the next, which recovery could not tell from damage. As many batches as may wait here are far
/// below the frame's limit: each is answered in under 3 MiB (<see cref="Batch"/>).
/// </remarks>
/// <param name="store">The log.</param>
/// <param name="metrics">What is counted.</param>
/// <param name="published">Shown every new view.</param>
/// <param name="signed">The batches, in order.</param>
/// <param name="durable">Told that so many batches are done with, and the log durable up to a size.
/// </param>
internal sealed class CommitStage(
    LogStore store,
    GatewayMetrics metrics,
    Action<LogView> published,
    ChannelReader<SignedBatch> signed,
    Action<int, ulong> durable)
{
    private readonly List<SignedBatch> _group = [];
    private readonly Answers _answers = new();

    /// <summary>Runs until the line of signed batches is completed and worked off.</summary>
    /// <exception cref="UncertainWriteException">The disk failed.</exception>
    public async Task RunAsync(AppendLine line)
    {
        await Task.Yield();
        while (await signed.WaitToReadAsync())
        {
            while (signed.TryRead(out SignedBatch? batch)) _group.Add(batch);
            Commit();
            foreach (SignedBatch batch in _group) line.Done(batch.Batch);
            durable(_group.Count, store.View.Size);
            _group.Clear();
        }
    }

    /// <summary>Answers what it still holds; only after the run.</summary>
    public void Fail(AppendFailure failure)
    {
        foreach (SignedBatch batch in _group) batch.Fail(failure);
        while (signed.TryRead(out SignedBatch? batch)) batch.Fail(failure);
    }

    private void Commit()
    {
        if (_group.Exists(batch => batch.Answer.RecordCount > 0))
        {
            // Records and checkpoint are made durable in one frame. A crash before the end of the
            // sync leaves all of it or a torn tail that recovery cuts; the enclave, if it still
            // lives, gives its batches again. A failed sync is not a crash but worse: nobody knows,
            // so the writer stops and the store is opened anew.
            using (Spans.OfBatch("batch.commit", _group.SelectMany(b => b.Batch.Submissions)))
            {
                Write();
            }

            // What tombstones name is erased before anybody is told of them. A crash here leaves a
            // payload that is erased in part or not at all: the next opening finds the tombstone in
            // the log and erases again.
            foreach (ulong tombstone in _group.SelectMany(batch => batch.Tombstones))
            {
                store.Erase(tombstone, tombstone + 1);
            }

            // Readers see the new head: from here on it may be believed, quoted, witnessed.
            published(store.Publish());
        }

        // Those who wait are answered, also those whose batch appended nothing: what they were told
        // rests on records before it, which are durable only now. A crash before leaves entries in
        // the log whose callers were not told: a retry with the same idempotency key gets their
        // numbers.
        try
        {
            foreach (SignedBatch batch in _group)
            {
                batch.AnswerDurably(store.View, _answers);
                metrics.BatchAnswered(batch.Answer.Outcomes);
            }
        }
        finally
        {
            _answers.Give();
        }

        // Only now: until the record of a replayed request is durable, its recovery may take the
        // payload from the retry.
        store.EraseUnused(_group.SelectMany(batch => batch.UnusedPayloads));
    }

    private void Write()
    {
        long since = TimeProvider.System.GetTimestamp();
        SignedBatch[] batches = [.. _group.Where(batch => batch.Answer.RecordCount > 0)];
        store.AppendCommit(
            batches[0].Answer.StartSize,
            RecordsOf(batches).Span,
            batches.Length == 1
                ? batches[0].PayloadOffsets
                : [.. batches.SelectMany(batch => batch.PayloadOffsets)],
            batches[^1].Answer.Checkpoint.Span,
            batches.Length == 1
                ? batches[0].Heads
                : [.. batches.SelectMany(batch => batch.Heads)]);
        using (Spans.OfStep("store.sync"))
        {
            long synced = TimeProvider.System.GetTimestamp();
            store.SyncLog();
            metrics.LogSynced(TimeProvider.System.GetElapsedTime(synced));
        }
        metrics.Passed(AppendStage.Commit, TimeProvider.System.GetElapsedTime(since));
    }

    private static ReadOnlyMemory<byte> RecordsOf(SignedBatch[] batches)
    {
        if (batches.Length == 1) return batches[0].Answer.Records;
        var records = new byte[batches.Sum(batch => batch.Answer.Records.Length)];
        int at = 0;
        foreach (SignedBatch batch in batches)
        {
            batch.Answer.Records.CopyTo(records.AsMemory(at));
            at += batch.Answer.Records.Length;
        }
        return records;
    }
}
