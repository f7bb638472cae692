using System.Threading.Channels;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Store;

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
    GatewayMetrics metrics,
    ILogger<Pipeline> log)
{
    // What a person must resolve is tried again at this pace; another enclave is tried at once.
    private static readonly TimeSpan MismatchPause = TimeSpan.FromMinutes(1);

    private readonly FaultLog _faults = new(log, settings.Times.Time);
    private readonly Backoff _backoff = new(
        settings.BackoffMin, settings.BackoffMax, settings.Chance);

    private LogStore? _store;
    private LogStore? _retired;
    private Dictionary<Digest, ulong> _unanswered = [];

    /// <summary>
    /// Opens the store. Separate from <see cref="RunAsync"/>, so that a directory in use or damaged ends
    /// a starting process instead of being tried again.
    /// </summary>
    public void OpenStore()
    {
        (_store, RecoveryReport report) = openStore();
        _unanswered = new Dictionary<Digest, ulong>(report.PendingPayloads);
        foreach (string sentence in report.Sentences) log.LogInformation("{Sentence}", sentence);
        ShowView(_store.View);
        state.ShowStore(_store);
        _retired?.Dispose();
        _retired = null;
        if (_store.View.Size > 0) WarnOfOtherConfiguration(LogHead.Of(_store.View));
    }

    /// <summary>Runs until the token says stop; then finishes what has arrived.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using CancellationTokenRegistration stop =
            stopping.Register(() => queue.Close(AppendFailure.ShuttingDown));
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                AppendFailure failure = await RunOnceAsync(stopping);
                if (failure == AppendFailure.StoreFailed) RetireStore();
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
            CloseStore();
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
            if (failure is AppendFailure.EnclaveMismatch or AppendFailure.EnclaveStopped)
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
            LogHead head = await new EnclaveAttachment(
                store, enclave, settings.Configuration, _unanswered, ShowView).RunAsync(stopping);
            _unanswered.Clear();
            writer = new Writer(
                store, enclave, head, metrics, new DiskWatch(disk, _faults), ShowView);
            // The line is open before anybody is told so. Not the stopping token: that completes the
            // line, and the writer works it off.
            ChannelReader<Submission> arrived = queue.Open();
            readyAt = settings.Times.Time.GetTimestamp();
            ShowReady(head, enclave);
            if (stopping.IsCancellationRequested) queue.Close(AppendFailure.ShuttingDown);
            await writer.RunAsync(arrived, CancellationToken.None);
            failure = AppendFailure.ShuttingDown;
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
                _unanswered = writer.Unanswered;
                _backoff.Lived(settings.Times.Time.GetElapsedTime(readyAt));
            }
        }
        return failure;
    }

    private static bool IsExpected(Exception e, CancellationToken stopping) =>
        e is EnclaveLostException or EnclaveRefusedException or LogContradictionException or IOException
            or UnauthorizedAccessException
        || (e is OperationCanceledException && stopping.IsCancellationRequested);

    private AppendFailure Judge(Exception e, CancellationToken stopping)
    {
        (AppendFailure failure, string remedy) = PipelineFault.Of(e);
        // The line first: what readiness says, an append after it is answered with too.
        queue.CloseAndFail(failure);
        if (!stopping.IsCancellationRequested)
        {
            string reason = remedy.Length > 0 ? $"{e.Message} {remedy}" : e.Message;
            state.ShowFault(failure, reason);
            _faults.Fault(failure, reason);
        }
        return failure;
    }

    private void ShowView(LogView view)
    {
        state.ShowView(view);
        if (view.Size > 0) metrics.Published(view.Size, view.Statements[^1].Epoch);
    }

    private void ShowReady(LogHead head, EnclaveClient enclave)
    {
        state.ShowEnclave(enclave);
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
            "The log's configuration was fixed when it was made and stays: origin {Origin}, "
            + "cells-max {CellsMax}, idempotency-window {Window}; the settings say otherwise.",
            fixedOne.Origin, fixedOne.CellsMax, fixedOne.IdempotencyWindow);
    }

    // Readers keep it until the next one is open: to recover a long log, or to wait for room on the
    // disk, takes time, and what is durable can be read all the while.
    private void RetireStore()
    {
        if (_store is null) return;
        _store.Retire();
        _retired = _store;
        _store = null;
    }

    private void CloseStore()
    {
        state.ShowStore(null);
        _store?.Dispose();
        _store = null;
        _retired?.Dispose();
        _retired = null;
    }
}
