using Sequencer.Enclave.Host;
using Sequencer.Enclave.Simulated;

namespace Sequencer.Enclave.Tests.Host;

public sealed class EnclaveClockTests
{
    private readonly ManualTime _device = new();
    private readonly ManualTime _counter = new();
    private readonly EnclaveClock _clock;
    private readonly ulong _startMs;

    public EnclaveClockTests()
    {
        var nsm = new SimulatedNsm(RunningEnclave.Root, Measurements.Default, _device);
        _clock = new EnclaveClock(nsm, _counter);
        _startMs = (ulong)_device.Now.ToUnixTimeMilliseconds();
    }

    [Fact]
    public void Between_anchors_the_counter_carries_the_device_s_time()
    {
        Assert.Equal(_startMs, _clock.NowMs());
        _counter.Counter += TimeSpan.FromSeconds(59);
        _device.Now += TimeSpan.FromHours(1);
        Assert.Equal(_startMs + 59_000, _clock.NowMs());
    }

    [Fact]
    public void After_a_minute_the_device_is_asked_again()
    {
        Assert.Equal(_startMs, _clock.NowMs());
        _counter.Counter += TimeSpan.FromMinutes(1);
        _device.Now += TimeSpan.FromSeconds(61);
        Assert.Equal(_startMs + 61_000, _clock.NowMs());
    }

    [Fact]
    public void A_device_that_falls_back_does_not_take_the_clock_with_it()
    {
        Assert.Equal(_startMs, _clock.NowMs());
        _counter.Counter += TimeSpan.FromSeconds(50);
        Assert.Equal(_startMs + 50_000, _clock.NowMs());
        _counter.Counter += TimeSpan.FromSeconds(10);
        _device.Now -= TimeSpan.FromSeconds(30);
        Assert.Equal(_startMs + 50_000, _clock.NowMs());
    }

    [Fact]
    public void It_never_decreases_whatever_device_and_counter_do()
    {
        Random random = Attestation.Tests.Seeded.Random(out int seed);
        ulong last = 0;
        for (int i = 0; i < 500; i++)
        {
            _device.Now += TimeSpan.FromSeconds(random.Next(-20, 40));
            _counter.Counter += TimeSpan.FromSeconds(random.Next(0, 70));
            ulong now = _clock.NowMs();
            Assert.True(now >= last, $"seed {seed}, step {i}");
            last = now;
        }
    }
}
