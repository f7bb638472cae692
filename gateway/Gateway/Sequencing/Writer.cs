using System.Threading.Channels;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Appends what arrives to the log, batch by batch, over one connection to an open enclave. Ends with
/// the first fault: whoever runs it recovers and starts another.
/// </summary>
/// <remarks>
/// Two tasks: one owns the store's payload side, the other its log side and the enclave. While a batch
/// is signed and committed, the payloads of the next are written; batches that are ready at the same
/// time go to the enclave as one. There is no fixed delay: a lone entry is sent at once.
/// </remarks>
internal sealed class Writer(
    LogStore store, EnclaveClient enclave, LogHead head, GatewayMetrics metrics, Action<LogView> published)
{
    private const int StagedMax = 16;

    private readonly Channel<Batch> _staged = Channel.CreateBounded<Batch>(
        new BoundedChannelOptions(StagedMax) { SingleReader = true, SingleWriter = true });

    private LogHead _head = head;
    private Batch? _staging;
    private Batch? _committing;

    /// <summary>Where the log stands.</summary>
    public LogHead Head => _head;

    /// <summary>
    /// What the enclave may have sequenced without an answer: payload offset by request digest.
    /// </summary>
    public Dictionary<Digest, ulong> Unanswered { get; } = [];

    /// <summary>
    /// Runs until the line is completed and worked off. Throws what ended it earlier; then
    /// <see cref="Fail"/> answers those who still wait.
    /// </summary>
    public async Task RunAsync(
        ChannelReader<Submission> arrived, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task staging = StageAsync(arrived, either.Token);
        Task committing = CommitAllAsync(either.Token);
        // While nothing is under way, only this tells that the enclave went away.
        Task<string> lost = enclave.Lost;
        Task first = await Task.WhenAny(committing, staging, lost);
        if (first == staging && staging.IsCompletedSuccessfully)
        {
            first = await Task.WhenAny(committing, lost);
        }
        if (first != committing || !committing.IsCompletedSuccessfully) await either.CancelAsync();
        // Both must have let go of the store before anybody opens it again.
        await Task.WhenAll(Settle(staging), Settle(committing));
        await Unwrap(first == lost ? committing : first);
        if (first == lost) throw new EnclaveLostException(await lost);
        await staging;
    }

    /// <summary>Answers everybody who still waits with the same failure.</summary>
    public void Fail(AppendFailure failure)
    {
        _staging?.Fail(failure);
        _committing?.Fail(failure);
        while (_staged.Reader.TryRead(out Batch? batch)) batch.Fail(failure);
    }

    private async Task StageAsync(
        ChannelReader<Submission> arrived, CancellationToken cancellationToken)
    {
        await Task.Yield();
        while (await arrived.WaitToReadAsync(cancellationToken))
        {
            _staging = Batch.TakeFrom(arrived);
            PayloadItem[] items = [.. _staging.Submissions.SelectMany(s => s.Items)];
            var offsets = new ulong[items.Length];
            store.AppendPayloads(items, offsets);
            store.SyncPayloads();
            _staging.PayloadOffsets.AddRange(offsets);
            await _staged.Writer.WriteAsync(_staging, cancellationToken);
            _staging = null;
        }
        _staged.Writer.Complete();
    }

    private async Task CommitAllAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        while (await _staged.Reader.WaitToReadAsync(cancellationToken))
        {
            if (!_staged.Reader.TryRead(out _committing)) continue;
            while (_staged.Reader.TryPeek(out Batch? next) && _committing.HasRoomFor(next))
            {
                _staged.Reader.TryRead(out _);
                _committing.Join(next);
            }
            await CommitAsync(_committing, cancellationToken);
            _committing = null;
        }
    }

    /// <summary>The durability protocol. At every step: what a crash there leaves.</summary>
    private async Task CommitAsync(Batch batch, CancellationToken cancellationToken)
    {
        // 1. The payloads are durable: the batch was put in line only after their sync. A crash leaves
        //    frames that no record names; nobody was told anything.

        // 2. The enclave sequences and signs. A crash of the gateway leaves a signed batch in the
        //    enclave, which retains it until it is acknowledged: the next connection asks for it and
        //    finds its payloads by their request digests. A crash of the enclave leaves numbers that
        //    nobody has seen; the next epoch gives them out anew.
        BatchAnswer answer = await SequenceAsync(batch, cancellationToken);
        if (answer.RecordCount > 0)
        {
            LogHead next = _head.TryExtend(answer, out string fault)
                ?? throw new LogContradictionException($"The enclave's batch is wrong: {fault}.");
            ulong[] offsets = PlacesOf(batch, answer);

            // 3. Records and checkpoint are made durable in one frame. A crash before the end of the
            //    sync leaves all of it or a torn tail that recovery cuts; the enclave, if it still
            //    lives, gives the batch again. A failed sync is not a crash but worse: nobody knows,
            //    so the writer stops and the store is opened anew.
            Commit(answer, offsets);

            // 4. Readers see the new head: from here on it may be believed, quoted, witnessed.
            LogView view = store.Publish();
            _head = next;
            published(view);
        }

        // 5. Those who wait are answered. A crash before leaves entries in the log whose callers were
        //    not told: a retry with the same idempotency key gets their numbers.
        Answer(batch, answer);

        // 6. The enclave is told, and forgets the batch. With the next batch, when one is ready;
        //    otherwise now, so that live documents attest the newest head. A crash before costs
        //    nothing: what is durable already is skipped at the next connection.
        if (answer.RecordCount > 0 && _staged.Reader.Count == 0)
        {
            await enclave.AcknowledgeAsync(_head.Size, cancellationToken);
        }
    }

    private async Task<BatchAnswer> SequenceAsync(Batch batch, CancellationToken cancellationToken)
    {
        BatchAnswer answer;
        try
        {
            answer = await enclave.SequenceAsync(
                batch.EncodeRequest(_head.Size, _head.Size), cancellationToken);
        }
        catch (Exception e) when (e is EnclaveLostException or OperationCanceledException)
        {
            foreach ((Digest request, ulong offset) in batch.PayloadsByRequest())
            {
                Unanswered[request] = offset;
            }
            throw;
        }
        if (answer.StartSize != _head.Size || answer.Outcomes.Count != batch.EntryCount)
        {
            throw new LogContradictionException("The enclave answered another batch.");
        }
        return answer;
    }

    // Every record must be the one of an appended outcome, in order, and be of that very request.
    private static ulong[] PlacesOf(Batch batch, BatchAnswer answer)
    {
        var offsets = new List<ulong>(answer.RecordCount);
        ReadOnlySpan<byte> rest = answer.Records.Span;
        int entry = 0;
        foreach (Submission submission in batch.Submissions)
        {
            foreach (PayloadItem item in submission.Items)
            {
                Outcome outcome = answer.Outcomes[entry];
                if (outcome.Status == OutcomeStatus.Appended)
                {
                    if (!EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> bytes)
                        || !EntryRecord.TryParse(bytes, out EntryRecord record)
                        || record.Header.Number != outcome.Number
                        || record.Request != Derivation.Request(item.Request.Span))
                    {
                        throw new LogContradictionException(
                            $"The enclave's record for entry {entry} of a batch is of another entry.");
                    }
                    offsets.Add(batch.PayloadOffsets[entry]);
                }
                entry++;
            }
        }
        return rest.IsEmpty
            ? [.. offsets]
            : throw new LogContradictionException(
                "The enclave gave more records than it appended.");
    }

    private void Commit(BatchAnswer answer, ulong[] offsets)
    {
        long since = TimeProvider.System.GetTimestamp();
        store.AppendCommit(
            answer.StartSize, answer.Records.Span, offsets, answer.Checkpoint.Span);
        store.SyncLog();
        metrics.Committed(TimeProvider.System.GetElapsedTime(since));
    }

    private void Answer(Batch batch, BatchAnswer answer)
    {
        LogView view = store.View;
        ReadOnlyMemory<byte> rest = answer.Records;
        int at = 0;
        Span<int> counts = stackalloc int[3];
        foreach (Submission submission in batch.Submissions)
        {
            var entries = new SequencedEntry[submission.Items.Length];
            for (int i = 0; i < entries.Length; i++, at++)
            {
                Outcome outcome = answer.Outcomes[at];
                counts[(int)outcome.Status]++;
                bool isAppended = outcome.Status == OutcomeStatus.Appended;
                entries[i] = new SequencedEntry(
                    outcome, isAppended ? TakeRecord(ref rest) : default);
            }
            submission.Complete(new AppendResult(AppendFailure.None, entries, view));
        }
        metrics.BatchAnswered(counts[0], counts[1], counts[2]);
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

    private static Task Settle(Task task) =>
        task.ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);

    // The loss of the connection cancels the other task: its own fault, if it has one, says more.
    private static async Task Unwrap(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
        }
    }
}
