using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Sequencing;

/// <summary>A batch with the enclave's answer to it, which continues the log: not durable yet.
/// </summary>
internal sealed class SignedBatch
{
    private SignedBatch(
        Batch batch,
        BatchAnswer answer,
        LogHead head,
        (ulong[] PayloadOffsets, EntryHead[] Heads) records)
    {
        Batch = batch;
        Answer = answer;
        Head = head;
        (PayloadOffsets, Heads) = records;
    }

    /// <summary>What it answers; empty for a snapshot.</summary>
    public Batch Batch { get; }

    /// <summary>The enclave's answer.</summary>
    public BatchAnswer Answer { get; }

    /// <summary>The head after it; the one before when it appended nothing.</summary>
    public LogHead Head { get; }

    /// <summary>For each new record where its payload frame is.</summary>
    public ulong[] PayloadOffsets { get; }

    /// <summary>Places of the payloads that got no record of their own: what was replayed or
    /// refused.</summary>
    public IEnumerable<ulong> UnusedPayloads => Batch.PayloadOffsets
        .Where((_, entry) => Answer.Outcomes[entry].Status != OutcomeStatus.Appended);

    /// <summary>Numbers of the tombstones among the new records.</summary>
    public IEnumerable<ulong> Tombstones
    {
        get
        {
            int at = 0;
            foreach (Submission submission in Batch.Submissions)
            {
                Outcome outcome = Answer.Outcomes[at];
                if (submission.IsTombstone && outcome.Status == OutcomeStatus.Appended)
                {
                    yield return outcome.Number;
                }
                at += submission.Count;
            }
        }
    }

    /// <summary>For each new record its request and metadata, empty for what is no entry; whole where
    /// the caller waits for the commit.</summary>
    public EntryHead[] Heads { get; }

    /// <summary>Puts the two together.</summary>
    /// <exception cref="LogContradictionException">The answer is not one to this batch at this head.
    /// </exception>
    public static SignedBatch Match(Batch batch, BatchAnswer answer, LogHead head)
    {
        if (answer.StartSize != head.Size || answer.Outcomes.Count != batch.EntryCount)
        {
            throw new LogContradictionException("The enclave answered another batch.");
        }
        LogHead next = head;
        if (answer.RecordCount > 0)
        {
            next = head.TryExtend(answer, out string fault)
                ?? throw new LogContradictionException($"The enclave's batch is wrong: {fault}.");
        }
        return new SignedBatch(batch, answer, next, PlacesOf(batch, answer));
    }

    /// <summary>A snapshot, which nobody waits for.</summary>
    /// <exception cref="LogContradictionException">The answer is not one at this head.</exception>
    public static SignedBatch Snapshot(BatchAnswer answer, LogHead head)
    {
        LogHead next = head.TryExtend(answer, out string fault)
            ?? throw new LogContradictionException($"The enclave's snapshot is wrong: {fault}.");
        if (answer.RecordCount != 1 || answer.Outcomes.Count != 0 || next.LastSnapshot != head.Size)
        {
            throw new LogContradictionException("The enclave answered something else.");
        }
        return new SignedBatch(Batch.OfNothing, answer, next, ([CommitFrame.NoPayload], [default]));
    }

    /// <summary>
    /// Answers the callers who asked for no more than a number. Others must not hear of it: after a
    /// crash of the enclave the number may be another entry's.
    /// </summary>
    /// <returns>How many they are.</returns>
    public int AnswerProvisionally(Answers answers)
    {
        int asked = Batch.Submissions.Count(s => s.Level == Acknowledgement.Sequenced);
        if (asked > 0) AnswerEach(view: null, answers);
        return asked;
    }

    /// <summary>Answers everybody else, from a durable view that covers the batch.</summary>
    public void AnswerDurably(LogView view, Answers answers) => AnswerEach(view, answers);

    /// <summary>Gives every submission the same answer; those that have one keep it.</summary>
    public void Fail(AppendFailure failure) => Batch.Fail(failure);

    private void AnswerEach(LogView? view, Answers answers)
    {
        ReadOnlyMemory<byte> rest = Answer.Records;
        int at = 0;
        foreach (Submission submission in Batch.Submissions)
        {
            var entries = new SequencedEntry[submission.Count];
            for (int i = 0; i < entries.Length; i++, at++)
            {
                Outcome outcome = Answer.Outcomes[at];
                bool isAppended = outcome.Status == OutcomeStatus.Appended;
                entries[i] = new SequencedEntry(
                    outcome, isAppended ? TakeRecord(ref rest) : default);
            }
            if ((submission.Level == Acknowledgement.Sequenced) == (view is null))
            {
                answers.Add(submission, new AppendResult(AppendFailure.None, entries, view));
            }
        }
    }

    // Every record must be the one of an appended outcome, in order, and be of that very request.
    private static (ulong[] PayloadOffsets, EntryHead[] Heads) PlacesOf(
        Batch batch, BatchAnswer answer)
    {
        var offsets = new ulong[answer.RecordCount];
        var heads = new EntryHead[answer.RecordCount];
        int taken = 0;
        ReadOnlySpan<byte> rest = answer.Records.Span;
        int entry = 0;
        foreach (Submission submission in batch.Submissions)
        {
            foreach (PayloadItem item in submission.Items)
            {
                Outcome outcome = answer.Outcomes[entry];
                if (outcome.Status == OutcomeStatus.Appended)
                {
                    if (taken == offsets.Length
                        || !EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> bytes)
                        || !EntryRecord.TryParse(bytes, out EntryRecord record)
                        || record.Header.Number != outcome.Number
                        || record.Request != Derivation.Request(item.Request.Span))
                    {
                        throw new LogContradictionException(
                            $"The enclave's record for entry {entry} of a batch is of another entry.");
                    }
                    offsets[taken] = batch.PayloadOffsets[entry];
                    heads[taken++] = new EntryHead(item.Request, item.Metadata)
                    {
                        // Who is answered before the commit may have let go of the payload's room.
                        Whole = submission.Level == Acknowledgement.Sequenced ? null : item,
                    };
                }
                entry++;
            }
        }
        return rest.IsEmpty
            ? (offsets, heads)
            : throw new LogContradictionException(
                "The enclave gave more records than it appended.");
    }

    private static ReadOnlyMemory<byte> TakeRecord(ref ReadOnlyMemory<byte> records)
    {
        ReadOnlySpan<byte> span = records.Span;
        EntryBundle.TryRead(ref span, out ReadOnlySpan<byte> record);
        ReadOnlyMemory<byte> taken = records.Slice(
            records.Length - span.Length - record.Length, record.Length);
        records = records[^span.Length..];
        return taken;
    }
}
