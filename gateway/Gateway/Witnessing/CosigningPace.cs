namespace Sequencer.Gateway.Witnessing;

/// <summary>When heads are submitted while an epoch is open.</summary>
/// <param name="interval">Pause between two heads.</param>
/// <param name="secondsMax">Age at which a cosigned head stops the log.</param>
/// <param name="time">What both are measured by.</param>
internal sealed class CosigningPace(TimeSpan interval, uint secondsMax, TimeProvider time)
{
    // A head of a log that rests is cosigned anew well before it is too old, with time for retries.
    private readonly TimeSpan _old = TimeSpan.FromSeconds(secondsMax) / 3;

    /// <summary>Pause between two heads.</summary>
    public TimeSpan Interval => interval;

    /// <summary>What is waited by.</summary>
    public TimeProvider Time => time;

    /// <summary>Pause after a round with too few cosignatures.</summary>
    public TimeSpan Retry => TimeSpan.FromTicks(Math.Max(
        interval.Ticks, Math.Min(TimeSpan.FromSeconds(1).Ticks, _old.Ticks)));

    /// <summary>True if a head whose lines are at most as old as this moment should be cosigned
    /// anew; also for 0, no moment at all.</summary>
    public bool IsOld(long timestamp) =>
        timestamp == 0 || time.GetElapsedTime(timestamp) > _old;
}
