namespace Sequencer.Gateway.Tests.Access;

/// <summary>A clock that a test sets; its timers are real.</summary>
internal sealed class SettableTime : TimeProvider
{
    private long _ticks = new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero).Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _ticks), TimeSpan.Zero);

    public override long GetTimestamp() => Volatile.Read(ref _ticks);
}
