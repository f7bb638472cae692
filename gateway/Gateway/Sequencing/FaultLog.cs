using Sequencer.Gateway.Logging;

namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// What the operator reads of faults: a line when nothing can be appended any more, one when it can
/// again, one in between for another kind of fault, and a reminder each minute. Not one for every
/// attempt.
/// </summary>
internal sealed class FaultLog(ILogger log, TimeProvider time)
{
    private static readonly TimeSpan Reminder = TimeSpan.FromMinutes(1);

    // An enclave that is a moment behind the gateway is no reason to warn.
    private static readonly TimeSpan StartGrace = TimeSpan.FromSeconds(3);

    private readonly long _startedAt = time.GetTimestamp();
    private AppendFailure _told = AppendFailure.None;
    private long _toldAt;
    private bool _wasReady;

    /// <summary>Entries can be appended.</summary>
    public void Ready(LogHead head)
    {
        _told = AppendFailure.None;
        _wasReady = true;
        log.LogInformation(
            LogEvents.Ready,
            "Ready: log {LogId}, epoch {Epoch}, size {Size}.",
            head.LogId, head.Statement?.Fields.Epoch, head.Size);
    }

    /// <summary>One kind of fault is over, whether or not there ever was one.</summary>
    public void Mended(AppendFailure failure, string line)
    {
        if (_told != failure) return;
        _told = AppendFailure.None;
        log.LogInformation(LogEvents.Mended, "Appending: {Line}", line);
    }

    /// <summary>They cannot, or still cannot.</summary>
    public void Fault(AppendFailure failure, string reason)
    {
        bool isStarting = !_wasReady && failure == AppendFailure.EnclaveUnavailable
            && time.GetElapsedTime(_startedAt) < StartGrace;
        bool isTold = failure == _told && time.GetElapsedTime(_toldAt) < Reminder;
        if (isStarting || isTold) return;
        _told = failure;
        _toldAt = time.GetTimestamp();
        LogLevel level = failure is AppendFailure.EnclaveMismatch or AppendFailure.StoreFailed
                or AppendFailure.DiskFull or AppendFailure.WitnessConflict
            ? LogLevel.Critical
            : LogLevel.Warning;
        log.Log(level, LogEvents.Of(failure), "Not appending: {Reason}", reason);
    }
}
