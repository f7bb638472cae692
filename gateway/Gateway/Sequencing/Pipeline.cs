using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Sequencing;

/// <summary>What the pipeline needs to know.</summary>
/// <param name="Endpoint">Where the enclave listens.</param>
/// <param name="AnswerTimeout">How long an answer of the enclave may take.</param>
/// <param name="BackoffMin">First pause before another attempt.</param>
/// <param name="BackoffMax">Longest pause.</param>
/// <param name="Configuration">Configuration of a log that is yet to be made.</param>
public sealed record PipelineSettings(
    EnclaveEndpoint Endpoint,
    TimeSpan AnswerTimeout,
    TimeSpan BackoffMin,
    TimeSpan BackoffMax,
    LogConfiguration Configuration);

/// <summary>
/// Keeps a writer running: opens the store, connects and attaches the enclave, runs the writer, and
/// after a fault begins again from the state that the fault leaves certain.
/// </summary>
public sealed class Pipeline(
    PipelineSettings settings,
    Func<(LogStore Store, RecoveryReport Report)> openStore,
    AppendQueue queue,
    PipelineState state,
    GatewayMetrics metrics,
    ILogger<Pipeline> log)
{
    private LogStore? _store;
    private LogStore? _retired;
    private Dictionary<Digest, ulong> _unanswered = [];
    private TimeSpan _backoff = settings.BackoffMin;
    private string _lastReason = "";
    private bool _wasReady;

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
                await Task.Delay(_backoff, stopping);
                _backoff = TimeSpan.FromTicks(
                    Math.Min(2 * _backoff.Ticks, settings.BackoffMax.Ticks));
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
        Writer? writer = null;
        AppendFailure failure = AppendFailure.EnclaveUnavailable;
        try
        {
            EnsureStore();
            await using EnclaveConnection connection = await EnclaveConnection.ConnectAsync(
                settings.Endpoint, settings.AnswerTimeout, stopping);
            metrics.Connected();
            var enclave = new EnclaveClient(connection);
            LogHead head = await new EnclaveAttachment(
                _store, enclave, settings.Configuration, _unanswered, ShowView).RunAsync(stopping);
            _unanswered.Clear();
            writer = new Writer(_store, enclave, head, metrics, ShowView);
            // The line is open before anybody is told so. Not the stopping token: that completes the
            // line, and the writer works it off.
            ChannelReader<Submission> arrived = queue.Open();
            ShowReady(head, enclave);
            if (stopping.IsCancellationRequested) queue.Close(AppendFailure.ShuttingDown);
            await writer.RunAsync(arrived, CancellationToken.None);
            failure = AppendFailure.ShuttingDown;
        }
        catch (Exception e) when (IsExpected(e, stopping))
        {
            failure = FailureOf(e);
            if (!stopping.IsCancellationRequested) ShowFault(failure, e);
        }
        finally
        {
            state.ShowEnclave(null);
            metrics.ReadinessChanged(false);
            queue.CloseAndFail(failure);
            writer?.Fail(failure);
            if (writer is not null) _unanswered = writer.Unanswered;
        }
        return failure;
    }

    private static bool IsExpected(Exception e, CancellationToken stopping) =>
        e is EnclaveLostException or EnclaveRefusedException or LogContradictionException or IOException
            or UnauthorizedAccessException
        || (e is OperationCanceledException && stopping.IsCancellationRequested);

    private static AppendFailure FailureOf(Exception e) => e switch
    {
        OperationCanceledException => AppendFailure.ShuttingDown,
        EnclaveRefusedException { Code: EnclaveErrorCode.Stopped } => AppendFailure.EnclaveStopped,
        IOException or UnauthorizedAccessException => AppendFailure.StoreFailed,
        _ => AppendFailure.EnclaveUnavailable,
    };

    private void ShowView(LogView view)
    {
        state.ShowView(view);
        if (view.Size > 0) metrics.Published(view.Size, view.Statements[^1].Epoch);
    }

    private void ShowReady(LogHead head, EnclaveClient enclave)
    {
        _backoff = settings.BackoffMin;
        _lastReason = "";
        _wasReady = true;
        state.ShowEnclave(enclave);
        metrics.ReadinessChanged(true);
        log.LogInformation(
            "Ready: log {LogId}, epoch {Epoch}, size {Size}.",
            head.LogId, head.Statement?.Fields.Epoch, head.Size);
    }

    private void ShowFault(AppendFailure failure, Exception e)
    {
        state.ShowFault(failure, e.Message);
        // An enclave that is a moment behind the gateway is no reason to warn.
        if (!_wasReady && e is EnclaveLostException && _backoff < settings.BackoffMax) return;
        // An enclave that stays away is one line, not one for every attempt.
        if (e.Message == _lastReason) return;
        _lastReason = e.Message;
        if (e is LogContradictionException or IOException)
        {
            log.LogCritical("Not appending: {Reason}", e.Message);
        }
        else
        {
            log.LogWarning("Not appending: {Reason}", e.Message);
        }
    }

    [MemberNotNull(nameof(_store))]
    private void EnsureStore()
    {
        if (_store is null) OpenStore();
        ArgumentNullException.ThrowIfNull(_store);
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
