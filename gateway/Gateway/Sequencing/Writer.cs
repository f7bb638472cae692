using Sequencer.Attestation;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Appends what arrives to the log, batch by batch, over one connection to an open enclave. Ends with
/// the first fault: whoever runs it recovers and starts another.
/// </summary>
/// <remarks>
/// The durability protocol, in order; each step is a stage of its own, with one task, so that the
/// disk and the enclave work on neighbouring batches at the same time:
/// <list type="number">
/// <item>Payloads are durable (<see cref="PayloadStage"/>), one sync for all that has
/// arrived.</item>
/// <item>The enclave sequences and signs (<see cref="SequencingStage"/>).</item>
/// <item>Records and checkpoint are durable (<see cref="CommitStage"/>), one sync for all that is
/// signed.</item>
/// <item>Readers see the new head, and those who wait are answered.</item>
/// <item>The enclave is told and forgets the batch.</item>
/// </list>
/// Batches keep their order through all stages. There is no fixed delay: a lone entry goes through
/// at once, and what arrives meanwhile becomes one batch (<see cref="AppendLine"/>).
/// </remarks>
internal sealed class Writer
{
    private readonly EnclaveClient _enclave;
    private readonly PayloadStage _payloads;
    private readonly SequencingStage _sequencing;
    private readonly CommitStage _commits;

    public Writer(
        LogStore store,
        EnclaveClient enclave,
        LogHead head,
        GatewayMetrics metrics,
        DiskWatch disk,
        Action<LogView> published,
        Func<Task> nextCosigned,
        ulong snapshotRecords)
    {
        _enclave = enclave;
        _payloads = new PayloadStage(store, disk, metrics);
        _sequencing = new SequencingStage(
            enclave, head, metrics, _payloads.Staged, nextCosigned, snapshotRecords);
        _commits = new CommitStage(store, metrics, published, _sequencing.Signed, _sequencing.Durable);
    }

    /// <summary>Where the log stands; after a run without a fault, all of it durable.</summary>
    public LogHead Head => _sequencing.Head;

    /// <summary>
    /// What the enclave may have sequenced without an answer: payload offset by request digest.
    /// </summary>
    public Dictionary<Digest, ulong> Unanswered => _sequencing.Unanswered;

    /// <summary>
    /// Runs until the line is completed and worked off. Throws what ended it earlier; then
    /// <see cref="Fail"/> answers those who still wait.
    /// </summary>
    public async Task RunAsync(AppendLine line, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task payloads = EndingAsync(_payloads.RunAsync(line, ending.Token), ending);
        Task sequencing = EndingAsync(_sequencing.RunAsync(line, ending.Token), ending);
        // Without the token: what is signed is committed whatever becomes of the enclave, or it would
        // have to be asked for again. It ends when there is no more of it, or when the disk fails.
        Task commits = EndingAsync(_commits.RunAsync(line), ending);

        // All must have let go of the store before anybody opens it again.
        Task ended = Task.WhenAll(Settle(payloads), Settle(sequencing), Settle(commits));
        // While nothing is under way, only this tells that the enclave went away.
        if (await Task.WhenAny(ended, _enclave.Lost) != ended) await ending.CancelAsync();
        await ended;
        await ThrowFirstFaultAsync([commits, payloads, sequencing]);
    }

    /// <summary>Answers everybody who still waits with the same failure.</summary>
    public void Fail(AppendFailure failure)
    {
        _payloads.Fail(failure);
        _sequencing.Fail(failure);
        _commits.Fail(failure);
    }

    // The disk's faults first: whatever else went wrong, the store has to be opened anew.
    private async Task ThrowFirstFaultAsync(Task[] stages)
    {
        foreach (Task stage in stages)
        {
            if (stage.IsFaulted) await stage;
        }
        if (!stages.Any(stage => stage.IsCanceled)) return;
        if (_enclave.Lost.IsCompleted) throw new EnclaveLostException(await _enclave.Lost);
        throw new OperationCanceledException("The writer was cancelled.");
    }

    private static async Task EndingAsync(Task stage, CancellationTokenSource ending)
    {
        try
        {
            await stage;
        }
        catch
        {
            await ending.CancelAsync();
            throw;
        }
    }

    private static Task Settle(Task task) =>
        task.ContinueWith(
            static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
}
