using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Tests.Sequencing;

/// <summary>How often a fault is tried again, and how often it is told.</summary>
public sealed class FaultPaceTests
{
    private static readonly TimeSpan Min = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(2);

    [Fact]
    public void Pauses_double_up_to_the_longest_and_are_at_most_halved_by_chance()
    {
        var backoff = new Backoff(Min, Max, Seeded.Random(out _));
        TimeSpan longest = Min;
        for (int i = 0; i < 100; i++)
        {
            Assert.InRange(backoff.Next(), longest / 2, longest);
            longest = 2 * longest < Max ? 2 * longest : Max;
        }
    }

    [Fact]
    public void Pauses_begin_anew_after_a_connection_that_lived()
    {
        var backoff = new Backoff(Min, Max, Seeded.Random(out _));
        for (int i = 0; i < 10; i++) backoff.Next();
        backoff.Lived(Max - Min);
        Assert.InRange(backoff.Next(), Max / 2, Max);
        backoff.Lived(Max);
        Assert.InRange(backoff.Next(), Min / 2, Min);
    }

    [Fact]
    public void A_fault_is_told_once_then_each_minute_and_again_when_it_is_another()
    {
        var lines = new LogLines();
        var time = new CountedTime();
        var log = new FaultLog(lines, time);
        log.Fault(AppendFailure.EnclaveUnavailable, "a moment behind");
        Assert.Empty(lines.Lines);
        time.Counter += TimeSpan.FromSeconds(3);
        for (int attempt = 0; attempt < 61; attempt++)
        {
            log.Fault(AppendFailure.EnclaveUnavailable, $"attempt {attempt}");
            time.Counter += TimeSpan.FromSeconds(1);
        }
        log.Fault(AppendFailure.EnclaveMismatch, "another log");
        log.Fault(AppendFailure.EnclaveMismatch, "another log");
        log.Ready(LogHead.Empty);
        log.Fault(AppendFailure.EnclaveMismatch, "again");
        Assert.Equal(
            ["attempt 0", "attempt 60", "another log", "again"],
            lines.Lines.Select(line => line.Trim()["Not appending: ".Length..]));
    }

    private sealed class CountedTime : TimeProvider
    {
        public TimeSpan Counter { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Counter.Ticks;
    }
}
