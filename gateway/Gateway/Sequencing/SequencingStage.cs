using System.Diagnostics;
using System.Threading.Channels;
using Sequencer.Attestation;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Tracing;

namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Has the enclave number and sign staged batches, one at a time, each after the one before it was
/// answered and whether or not that is on the disk yet. Owns the sequencing side of the link.
/// </summary>
/// <param name="enclave">The enclave.</param>
/// <param name="head">Where the log stands.</param>
/// <param name="metrics">What is counted.</param>
/// <param name="staged">The batches.</param>
/// <param name="nextCosigned">The wait for the next head that the log's witnesses cosign.</param>
/// <param name="snapshotRecords">Records from one snapshot to the next; 0 for none.</param>
internal sealed class SequencingStage(
    EnclaveClient enclave,
    LogHead head,
    GatewayMetrics metrics,
    ChannelReader<Batch> staged,
    Func<Task> nextCosigned,
    ulong snapshotRecords)
{
    // Batches that the enclave keeps because they are not durable, the one on its way included. A
    // full one with its answer is under 12 MiB there (Batch.RequestBytesMax and the answer to
    // Batch.EntriesMax), so that they fit the 64 MiB which an image keeps (CoreLimits).
    private const int UnacknowledgedMax = 4;

    // How long a batch waits for witnesses that lag: callers are told rather than kept.
    private static readonly TimeSpan WitnessPatience = TimeSpan.FromSeconds(5);

    private readonly Channel<SignedBatch> _signed = Channel.CreateBounded<SignedBatch>(
        new BoundedChannelOptions(UnacknowledgedMax) { SingleReader = true, SingleWriter = true });

    private readonly Channel<Commit> _commits = Channel.CreateBounded<Commit>(
        new BoundedChannelOptions(UnacknowledgedMax) { SingleReader = true, SingleWriter = true });

    private readonly Answers _answers = new();

    private LogHead _head = head;
    private ulong _durableSize = head.Size;
    private ulong _toldSize = head.Size;
    private int _unacknowledged;
    private Task<bool>? _nextCommit;
    private Batch? _sequencing;

    /// <summary>Batches in the order of their numbers, none of them durable; completed with the
    /// stage.</summary>
    public ChannelReader<SignedBatch> Signed => _signed.Reader;

    /// <summary>Where the log stands once all that is signed is durable.</summary>
    public LogHead Head => _head;

    /// <summary>Payload offset by request digest of the batch that has no answer.</summary>
    public Dictionary<Digest, ulong> Unanswered { get; } = [];

    /// <summary>Runs until the line of staged batches is completed and worked off.</summary>
    /// <exception cref="EnclaveLostException">The enclave went away.</exception>
    /// <exception cref="EnclaveRefusedException">It refused a batch as a whole.</exception>
    /// <exception cref="LogContradictionException">Its answer does not continue the log.
    /// </exception>
    public async Task RunAsync(AppendLine line, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            await TakeSnapshotIfDueAsync(line, cancellationToken);
            while (await WaitForBatchAsync(line, cancellationToken))
            {
                await WaitForRoomAsync(cancellationToken);
                _sequencing = Take();
                SignedBatch? signed = await SequenceAsync(_sequencing, cancellationToken);
                if (signed is null)
                {
                    // A certain no, and the log goes on: its payloads stay as frames without record.
                    _sequencing.Fail(AppendFailure.WitnessesBehind);
                    line.Done(_sequencing);
                    _sequencing = null;
                    continue;
                }
                int ahead = signed.AnswerProvisionally(_answers);
                _answers.Give();
                line.AnsweredAhead(_sequencing, ahead);
                Hand(signed);
                _sequencing = null;
                await TakeSnapshotIfDueAsync(line, cancellationToken);
            }
        }
        finally
        {
            _signed.Writer.Complete();
        }
    }

    /// <summary>The commit stage is done with so many batches, and the log durable up to a size.
    /// </summary>
    public void Durable(int batches, ulong size) =>
        // There is room: none of them is empty, and so many batches may be unacknowledged.
        _commits.Writer.TryWrite(new Commit(batches, size));

    /// <summary>Answers what it still holds; only after the run.</summary>
    public void Fail(AppendFailure failure) => _sequencing?.Fail(failure);

    // While the enclave computes a snapshot nothing else is sequenced, so it waits for a moment when
    // there is nothing else; but not for ever, or a busy log would have none. A crash at any point
    // leaves a snapshot or none, and the enclave gives one again that was not acknowledged.
    private async Task TakeSnapshotIfDueAsync(
        AppendLine line, CancellationToken cancellationToken)
    {
        ulong records = _head.Size - _head.LastSnapshot;
        if (snapshotRecords == 0 || records < snapshotRecords) return;
        bool isIdle = staged.Count == 0 && line.HasNoneWaiting;
        if (!isIdle && records - snapshotRecords < snapshotRecords / 4) return;
        await WaitForRoomAsync(cancellationToken);
        BatchAnswer answer;
        try
        {
            answer = await enclave.SnapshotAsync(_durableSize, _head.Size, cancellationToken);
        }
        catch (EnclaveRefusedException e) when (e.Code == EnclaveErrorCode.WitnessLag)
        {
            // Nothing may be sequenced before the witnesses come: after the next batch, then.
            return;
        }
        _toldSize = _durableSize;
        SignedBatch signed = SignedBatch.Snapshot(answer, _head);
        _head = signed.Head;
        Hand(signed);
    }

    private void Hand(SignedBatch signed)
    {
        // There is room: it has a place for each batch that may be unacknowledged.
        _unacknowledged++;
        _signed.Writer.TryWrite(signed);
    }

    // What became durable is told with the next batch; where none is coming, at once, so that live
    // documents attest the newest head. A crash before costs nothing: the enclave keeps a batch that
    // is durable already, and the next connection tells it so.
    private async Task<bool> WaitForBatchAsync(
        AppendLine line, CancellationToken cancellationToken)
    {
        Task<bool> batch = staged.WaitToReadAsync(cancellationToken).AsTask();
        while (!batch.IsCompleted)
        {
            await Task.WhenAny(batch, NextCommitAsync(cancellationToken));
            if (batch.IsCompleted) break;
            // A token that is cancelled ends new waits at once, the standing one a little later:
            // without this the loop would spin in between.
            cancellationToken.ThrowIfCancellationRequested();
            _nextCommit = null;
            TakeCommits();
            if (_durableSize == _toldSize || !line.IsIdle) continue;
            await enclave.AcknowledgeAsync(_durableSize, cancellationToken);
            _toldSize = _durableSize;
        }
        return await batch;
    }

    private async Task WaitForRoomAsync(CancellationToken cancellationToken)
    {
        TakeCommits();
        while (_unacknowledged == UnacknowledgedMax)
        {
            await NextCommitAsync(cancellationToken);
            _nextCommit = null;
            TakeCommits();
        }
    }

    // Kept from one wait to the next: a wait that a batch cut short still stands.
    private Task NextCommitAsync(CancellationToken cancellationToken) =>
        _nextCommit ??= _commits.Reader.WaitToReadAsync(cancellationToken).AsTask();

    private void TakeCommits()
    {
        while (_commits.Reader.TryRead(out Commit commit))
        {
            _unacknowledged -= commit.Batches;
            _durableSize = commit.Size;
        }
    }

    private Batch Take()
    {
        staged.TryRead(out Batch? batch);
        ArgumentNullException.ThrowIfNull(batch);
        while (staged.TryPeek(out Batch? next) && batch.HasRoomFor(next))
        {
            staged.TryRead(out _);
            batch.Join(next);
        }
        return batch;
    }

    // A crash of the gateway leaves a signed batch in the enclave, which keeps it until it is
    // acknowledged: the next connection asks for it and finds its payloads by their request digests.
    // A crash of the enclave leaves numbers that nobody was promised; the next epoch gives them out
    // anew. So does a crash of both.
    //
    // Null if the enclave waits for its witnesses, and will for a while.
    private async Task<SignedBatch?> SequenceAsync(
        Batch batch, CancellationToken cancellationToken)
    {
        BatchAnswer? answer;
        using Activity? span = Spans.OfBatch("batch.sequence", batch.Submissions);
        try
        {
            answer = await SequenceBehindWitnessesAsync(batch, cancellationToken);
        }
        catch (Exception e) when (e is EnclaveLostException or OperationCanceledException)
        {
            foreach ((Digest request, ulong offset) in batch.PayloadsByRequest())
            {
                Unanswered[request] = offset;
            }
            throw;
        }
        if (answer is null) return null;
        SignedBatch signed = SignedBatch.Match(batch, answer, _head);
        _head = signed.Head;
        return signed;
    }

    // A refusal for lag changes nothing in the enclave, and a newer cosigned head lifts it.
    private async Task<BatchAnswer?> SequenceBehindWitnessesAsync(
        Batch batch, CancellationToken cancellationToken)
    {
        long since = enclave.Time.GetTimestamp();
        while (true)
        {
            // Taken before asking, so that no head is missed in between.
            Task next = nextCosigned();
            try
            {
                return await AskAsync(batch, cancellationToken);
            }
            catch (EnclaveRefusedException e) when (e.Code == EnclaveErrorCode.WitnessLag)
            {
                TimeSpan left = WitnessPatience - enclave.Time.GetElapsedTime(since);
                if (left <= TimeSpan.Zero) return null;
                await Task.WhenAny(
                    next, Task.Delay(LinkTimes.RoundUp(left), enclave.Time, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task<BatchAnswer> AskAsync(Batch batch, CancellationToken cancellationToken)
    {
        using Activity? span = Spans.OfStep("enclave.sequence", ActivityKind.Client);
        long since = TimeProvider.System.GetTimestamp();
        BatchAnswer answer = await enclave.SequenceAsync(
            batch.EncodeRequest(_durableSize, _head.Size), cancellationToken);
        _toldSize = _durableSize;
        metrics.Passed(AppendStage.Enclave, TimeProvider.System.GetElapsedTime(since));
        return answer;
    }

    private readonly record struct Commit(int Batches, ulong Size);
}
