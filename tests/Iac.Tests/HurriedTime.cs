namespace Sequencer.Iac.Tests;

/// <summary>
/// A clock that jumps over pauses: who waits for a moment goes on at once, that much later. What is
/// set to go off after longer, such as a patience, does so when the pauses have come to it.
/// </summary>
internal sealed class HurriedTime : TimeProvider
{
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly List<Alarm> _set = [];
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _now;
    }

    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, () => callback(state));
        alarm.Change(dueTime, period);
        return alarm;
    }

    private void Set(Alarm alarm, TimeSpan dueTime)
    {
        lock (_lock)
        {
            _set.Remove(alarm);
            if (dueTime < TimeSpan.Zero) return;
            alarm.At = _now + dueTime;
            _set.Add(alarm);
            if (dueTime > PauseMax) return;
            _now = alarm.At;
            foreach (Alarm due in _set.Where(a => a.At <= _now).ToArray())
            {
                _set.Remove(due);
                ThreadPool.QueueUserWorkItem(_ => due.Ring());
            }
        }
    }

    private sealed class Alarm(HurriedTime time, Action ring) : ITimer
    {
        public DateTimeOffset At { get; set; }

        public Action Ring { get; } = ring;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time.Set(this, dueTime);
            return true;
        }

        public void Dispose() => time.Set(this, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
