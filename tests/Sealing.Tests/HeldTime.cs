namespace Sequencer.Sealing.Tests;

/// <summary>A clock that stands still until a test moves it; timers fire where it moves past them.
/// </summary>
internal sealed class HeldTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<HeldTimer> _timers = [];
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How long the timers that are set have yet to run.</summary>
    public TimeSpan[] Pending
    {
        get
        {
            lock (_gate) return [.. _timers.Select(t => t.At - _now).OfType<TimeSpan>()];
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate) return _now.Ticks;
    }

    public void Advance(TimeSpan by)
    {
        HeldTimer[] due;
        lock (_gate)
        {
            _now += by;
            due = [.. _timers.Where(timer => timer.At <= _now)];
            foreach (HeldTimer timer in due) timer.At = null;
        }
        foreach (HeldTimer timer in due) timer.Fire();
    }

    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new HeldTimer(this, () => callback(state));
        lock (_gate) _timers.Add(timer);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class HeldTimer(HeldTime time, Action fire) : ITimer
    {
        public TimeSpan? At { get; set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                At = dueTime == Timeout.InfiniteTimeSpan ? null : time._now + dueTime;
            }
            return true;
        }

        public void Dispose()
        {
            lock (time._gate) time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
