namespace Sequencer.Enclave.Tests.Host;

/// <summary>A wall clock and a counter that stand still until a test moves one of them.</summary>
internal sealed class ManualTime : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    public TimeSpan Counter { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => Counter.Ticks;
}
