using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Identity;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Logging;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Snapshots;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Witnessing;

namespace Sequencer.Gateway.Sequencing;

/// <summary>What the pipeline needs to know.</summary>
/// <param name="Endpoint">Where the enclave listens.</param>
/// <param name="Times">How long it is waited for.</param>
/// <param name="BackoffMin">First pause before another attempt.</param>
/// <param name="BackoffMax">Longest pause.</param>
/// <param name="Configuration">Configuration of a log that is yet to be made.</param>
public sealed record PipelineSettings(
    EnclaveEndpoint Endpoint,
    LinkTimes Times,
    TimeSpan BackoffMin,
    TimeSpan BackoffMax,
    LogConfiguration Configuration)
{
    /// <summary>Where the chance in the pauses comes from.</summary>
    public Random Chance { get; init; } = Random.Shared;

    /// <summary>Records from one snapshot to the next; 0 for none.</summary>
    public ulong SnapshotRecords { get; init; }

    /// <summary>What an enclave is lent to ask KMS with, for a log with a stable identity.</summary>
    public InstanceCredentials Credentials { get; init; } = InstanceCredentials.OfProcess;
}

/// <summary>
/// Keeps a writer running: opens the store, connects and attaches the enclave, runs the writer, and
/// after a fault begins again from the state that the fault leaves certain.
/// </summary>
public sealed class Pipeline(
    PipelineSettings settings,
    DiskReserve disk,
    Func<(LogStore Store, RecoveryReport Report)> openStore,
    AppendQueue queue,
    PipelineState state,
    WitnessAddresses addresses,
    GatewayMetrics metrics,
    ILogger<Pipeline> log)
{
    // What a person must resolve is tried again at this pace; another enclave is tried at once.
    private static readonly TimeSpan MismatchPause = TimeSpan.FromMinutes(1);

    private const long NoEpoch = -1;

    private readonly FaultLog _faults = new(log, settings.Times.Time);
    private readonly Backoff _backoff = new(
        settings.BackoffMin, settings.BackoffMax, settings.Chance);

    private LogStore? _store;
    private LogStore? _retired;
    private SnapshotKeeper? _snapshots;

    // Payload offset by request digest of what the enclave may have sequenced, or may still: a request
    // of an earlier connection can be on its way until something else takes its numbers.
    private Dictionary<Digest, ulong> _unanswered = [];
    private ulong _unansweredSize;

    // The epoch that the operator asked to end: a request never reaches the one after it.
    private long _epochToSeal = NoEpoch;

    /// <summary>
    /// Opens the store. Separate from <see cref="RunAsync"/>, so that a directory in use or damaged ends
    /// a starting process instead of being tried again.
    /// </summary>
    public void OpenStore()
    {
        (LogStore opened, RecoveryReport report) = openStore();
        LogView? cosigned = ReadCosigned(opened);
        _store = opened;
        _snapshots = SnapshotKeeper.Of(_store, log);
        _unanswered = new Dictionary<Digest, ulong>(report.PendingPayloads);
        _unansweredSize = _store.View.Size;
        foreach (string sentence in report.Sentences)
        {
            log.LogInformation(LogEvents.Recovered, "{Sentence}", sentence);
        }
        ShowView(_store.View);
        state.ShowCosigned(cosigned);
        state.ShowStore(_store);
        _retired?.Dispose();
        _retired = null;
        if (_store.View.Size > 0) WarnOfOtherConfiguration(LogHead.Of(_store.View));
    }

    /// <summary>
    /// Ends the open epoch with a seal, after what has arrived is finished; appends wait for the
    /// next enclave, reads go on. It stands until that epoch has ended, with a seal or without one.
    /// Where no enclave is attached it is a line in the log. Any thread.
    /// </summary>
    public void RequestSeal()
    {
        if (state.Enclave is null || state.View is not { Size: > 0 } view)
        {
            log.LogWarning(LogEvents.NothingToSeal, "No epoch is open: there is nothing to seal.");
            return;
        }
        // First what for, then the line: a writer whose line ends looks for the reason.
        Interlocked.Exchange(ref _epochToSeal, view.Statements[^1].Epoch);
        queue.Close(AppendFailure.EpochSealed);
    }

    /// <summary>Runs until the token says stop; then finishes what has arrived.</summary>
    /// <param name="stopping">Says stop.</param>
    /// <param name="readersGone">The store stays open for readers until then.</param>
    public async Task RunAsync(CancellationToken stopping, Task? readersGone = null)
    {
        using CancellationTokenRegistration stop =
            stopping.Register(() => queue.Close(AppendFailure.ShuttingDown));
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                AppendFailure failure = await RunOnceAsync(stopping);
                if (failure == AppendFailure.StoreFailed) await RetireStoreAsync();
                if (stopping.IsCancellationRequested) break;
                await Task.Delay(_backoff.Next(), settings.Times.Time, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
        finally
        {
            queue.CloseAndFail(AppendFailure.ShuttingDown);
            state.ShowDrained();
            // After a fault nobody is told to go before this has ended.
            if (stopping.IsCancellationRequested && readersGone is not null) await readersGone;
            await CloseStoreAsync();
        }
    }

    // One life of a connection: from opening what must be opened to the fault that ends it.
    private async Task<AppendFailure> RunOnceAsync(CancellationToken stopping)
    {
        LogStore store;
        EnclaveClient enclave;
        try
        {
            store = EnsureStore();
            enclave = new EnclaveClient(await EnclaveConnection.ConnectAsync(
                settings.Endpoint, settings.Times, stopping));
        }
        catch (Exception e) when (IsExpected(e, stopping))
        {
            return Judge(e, stopping);
        }
        await using (enclave)
        {
            enclave.KeepAlive(settings.Times.KeepAlive);
            metrics.Connected();
            AppendFailure failure = await AppendAsync(store, enclave, stopping);
            // The line stays open, to see the enclave go: the next one may be the right one.
            if (failure is AppendFailure.EnclaveMismatch or AppendFailure.EnclaveStopped
                or AppendFailure.EpochSealed or AppendFailure.WitnessConflict)
            {
                await Task.WhenAny(
                    enclave.Lost, Task.Delay(MismatchPause, settings.Times.Time, stopping));
            }
            return failure;
        }
    }

    private async Task<AppendFailure> AppendAsync(
        LogStore store, EnclaveClient enclave, CancellationToken stopping)
    {
        Writer? writer = null;
        AppendFailure failure = AppendFailure.EnclaveUnavailable;
        long readyAt = 0;
        try
        {
            var attachment = new EnclaveAttachment(
                store, enclave, settings.Configuration, _unanswered, _snapshots!, ShowView,
                new IdentityKeeper(store, settings.Credentials, log));
            LogHead head = await attachment.RunAsync(stopping);
            ForgetUnanswered(head.Size);
            // Everything that the enclave signed is durable here: now its head may be shown around.
            LogWitnesses? witnesses = WitnessesOf(head, store, enclave);
            if (witnesses is not null)
            {
                await witnesses.OpenAsync(state.Cosigned, ShowWaitingForWitnesses, stopping);
            }
            writer = new Writer(
                store, enclave, head, metrics, new DiskWatch(disk, _faults), ShowView,
                () => state.NextCosigned, settings.SnapshotRecords);
            // The line is open before anybody is told so. Not the stopping token: that completes the
            // line, and the writer works it off.
            AppendLine line = queue.Open();
            readyAt = settings.Times.Time.GetTimestamp();
            ShowReady(head, enclave);
            if (stopping.IsCancellationRequested) queue.Close(AppendFailure.ShuttingDown);
            if (IsToSeal(head)) queue.Close(AppendFailure.EpochSealed);
            await RunBesideAsync(writer, line, witnesses);
            failure = AppendFailure.ShuttingDown;
            if (IsToSeal(head))
            {
                // The writer has nothing under way any more: the store is where the enclave is.
                head = await attachment.SealAsync(
                    LogHead.Of(store.View), CancellationToken.None);
                failure = Conclude(
                    AppendFailure.EpochSealed,
                    $"Epoch {head.Statement!.Fields.Epoch} ended with a seal at size {head.Size}. "
                    + PipelineFault.NextEnclave,
                    stopping);
            }
        }
        catch (Exception e) when (IsExpected(e, stopping))
        {
            failure = Judge(e, stopping);
        }
        finally
        {
            state.ShowEnclave(null);
            metrics.ReadinessChanged(false);
            queue.CloseAndFail(failure);
            writer?.Fail(failure);
            if (writer is not null)
            {
                ForgetUnanswered(writer.Head.Size);
                foreach ((Digest request, ulong offset) in writer.Unanswered)
                {
                    _unanswered[request] = offset;
                }
                _backoff.Lived(settings.Times.Time.GetElapsedTime(readyAt));
            }
        }
        return failure;
    }

    // What was asked for at a smaller size cannot be sequenced any more.
    private void ForgetUnanswered(ulong size)
    {
        if (size == _unansweredSize) return;
        _unanswered.Clear();
        _unansweredSize = size;
    }

    // Stands until the epoch has ended, however often the connection is lost under it: the enclave
    // tells at the next one whether it signed the seal.
    private bool IsToSeal(LogHead head) =>
        Interlocked.Read(ref _epochToSeal) == head.Statement!.Fields.Epoch;

    // The witnesses go on until the writer has worked off what has arrived: it may wait for them.
    private async Task RunBesideAsync(
        Writer writer, AppendLine line, LogWitnesses? witnesses)
    {
        if (witnesses is null)
        {
            await writer.RunAsync(line, CancellationToken.None);
            return;
        }
        using var ending = new CancellationTokenSource();
        Task writing = writer.RunAsync(line, ending.Token);
        Task cosigning = witnesses.RunAsync(log, metrics, ending.Token);
        await Task.WhenAny(writing, cosigning);
        await ending.CancelAsync();
        await Task.WhenAll(
            writing.ContinueWith(static _ => { }, TaskScheduler.Default),
            cosigning.ContinueWith(static _ => { }, TaskScheduler.Default));
        // The one that ended the other says what happened; an end by cancellation says nothing.
        if (cosigning.IsFaulted) await cosigning;
        await writing;
    }

    private LogWitnesses? WitnessesOf(LogHead head, LogStore store, EnclaveClient enclave)
    {
        EpochStatement statement = head.Statement!;
        return statement.Fields.Configuration.Witnesses is { } required
            ? new LogWitnesses(
                statement, required, addresses, store, enclave, state.ShowCosigned)
            : null;
    }

    private static bool IsExpected(Exception e, CancellationToken stopping) =>
        e is EnclaveLostException or EnclaveRefusedException or LogContradictionException
            or WitnessConflictException or IOException or UnauthorizedAccessException
        || (e is OperationCanceledException && stopping.IsCancellationRequested);

    private AppendFailure Judge(Exception e, CancellationToken stopping)
    {
        (AppendFailure failure, string remedy) = PipelineFault.Of(e);
        string reason = remedy.Length > 0
            ? $"{e.Message.TrimEnd('.')}. {remedy}"
            : e.Message;
        return Conclude(failure, reason, stopping);
    }

    private AppendFailure Conclude(
        AppendFailure failure, string reason, CancellationToken stopping)
    {
        // The line first: what readiness says, an append after it is answered with too.
        queue.CloseAndFail(failure);
        if (!stopping.IsCancellationRequested)
        {
            state.ShowFault(failure, reason);
            _faults.Fault(failure, reason);
        }
        return failure;
    }

    private void ShowView(LogView view)
    {
        state.ShowView(view);
        _snapshots?.Show(view);
        if (view.Size == 0) return;
        metrics.Published(view.Size, view.Statements[^1].Epoch, view.Snapshots);
    }

    // A store whose cosigned head cannot be read is not taken: readers keep the one before, whole.
    private static LogView? ReadCosigned(LogStore store)
    {
        try
        {
            LogView? cosigned = store.ReadCosigned();
            // Throws if the log has another history up to there.
            if (cosigned is not null) LogHead.Of(cosigned);
            return cosigned;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private void ShowWaitingForWitnesses(string reason)
    {
        queue.CloseAndFail(AppendFailure.WitnessesBehind);
        state.ShowFault(AppendFailure.WitnessesBehind, reason);
        _faults.Fault(AppendFailure.WitnessesBehind, reason);
    }

    private void ShowReady(LogHead head, EnclaveClient enclave)
    {
        state.ShowEnclave(enclave, head.Statement!.Fields.Configuration.Witnesses);
        metrics.ReadinessChanged(true);
        _faults.Ready(head);
    }

    private LogStore EnsureStore()
    {
        if (_store is null) OpenStore();
        ArgumentNullException.ThrowIfNull(_store);
        return _store;
    }

    private void WarnOfOtherConfiguration(LogHead head)
    {
        LogConfiguration fixedOne = head.Statement!.Fields.Configuration;
        if (fixedOne.Text == settings.Configuration.Text) return;
        log.LogWarning(
            LogEvents.OtherConfiguration,
            "The log's configuration was fixed when it was made and stays: origin {Origin}, "
            + "cells-max {CellsMax}, idempotency-window {Window}, witnesses {Witnesses}, "
            + "identity-key {IdentityKey}; the settings say otherwise.",
            fixedOne.Origin, fixedOne.CellsMax, fixedOne.IdempotencyWindow,
            fixedOne.Witnesses?.Policy.ToString() ?? "none",
            fixedOne.IdentityKey?.Text ?? "none");
    }

    // Readers keep it until the next one is open: to recover a long log, or to wait for room on the
    // disk, takes time, and what is durable can be read all the while.
    private async Task RetireStoreAsync()
    {
        if (_store is null) return;
        await StopSnapshotsAsync();
        _store.Retire();
        _retired = _store;
        _store = null;
    }

    private async Task CloseStoreAsync()
    {
        await StopSnapshotsAsync();
        KeepDerived();
        state.ShowStore(null);
        _store?.Dispose();
        _store = null;
        _retired?.Dispose();
        _retired = null;
    }

    private async Task StopSnapshotsAsync()
    {
        if (_snapshots is not null) await _snapshots.DisposeAsync();
        _snapshots = null;
    }

    // An orderly end makes the next start short; without it the start only takes longer.
    private void KeepDerived()
    {
        try
        {
            _store?.KeepDerived();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.LogWarning(
                LogEvents.SlowStart, "The next start will take longer: {Reason}", e.Message);
        }
    }
}
