using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Nitro.Nsm;
using Sequencer.Enclave.Simulated;
using Sequencer.Enclave.Tests.Host;

namespace Sequencer.Enclave.Tests.Nitro;

/// <summary>What the enclave relies on, of every NSM.</summary>
public abstract class NsmConformance
{
    private static readonly byte[] Data = [1, 2, 3];
    private static readonly byte[] Nonce = [.. Enumerable.Repeat((byte)4, 64)];
    private static readonly byte[] Key = [.. Enumerable.Repeat((byte)5, 91)];

    private protected abstract INsm Nsm { get; }

    [Fact]
    public void A_document_carries_what_was_asked_for()
    {
        VerifiedAttestation document = Attest(
            new NsmOptions { UserData = Data, Nonce = Nonce, PublicKey = Key });
        Assert.Equal(Data, document.UserData!.Value.ToArray());
        Assert.Equal(Nonce, document.Nonce!.Value.ToArray());
        Assert.Equal(Key, document.PublicKey!.Value.ToArray());
    }

    [Fact]
    public void What_was_not_asked_for_is_not_there()
    {
        VerifiedAttestation document = Attest(default);
        Assert.Null(document.UserData);
        Assert.Null(document.Nonce);
        Assert.Null(document.PublicKey);
    }

    [Fact]
    public void Each_document_is_as_late_as_the_one_before_or_later()
    {
        DateTimeOffset first = Attest(default).Timestamp;
        Assert.True(Attest(default).Timestamp >= first);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(1000)]
    public void Random_bytes_fill_the_span_and_no_more(int length)
    {
        var buffer = new byte[length + 2];
        Nsm.GetRandom(buffer.AsSpan(1, length));
        Assert.Equal(0, buffer[0]);
        Assert.Equal(0, buffer[^1]);
        if (length < 64) return;
        // A block of 16 zeros in random bytes would not come in the age of the universe.
        for (int at = 1; at + 16 <= length; at += 16)
        {
            Assert.True(buffer.AsSpan(at, 16).ContainsAnyExcept((byte)0));
        }
        var again = new byte[length];
        Nsm.GetRandom(again);
        Assert.NotEqual(again, buffer[1..^1]);
    }

    [Fact]
    public void An_enclave_runs_with_it()
    {
        using var enclave = new RunningEnclave(Nsm);
        using LinkClient client = enclave.Connect();
        Assert.Single(client.Genesis().Records);
    }

    private VerifiedAttestation Attest(NsmOptions options) =>
        RunningEnclave.Verify(Nsm.Attest(options), new Freshness.Archival());
}

/// <summary>The simulated device, without a codec.</summary>
public sealed class SimulatedNsmTests : NsmConformance, IDisposable
{
    private readonly SimulatedNsm _nsm =
        new(RunningEnclave.Root, Measurements.Default, TimeProvider.System);

    private protected override INsm Nsm => _nsm;

    public void Dispose() => _nsm.Dispose();
}

/// <summary>The codec and the device behind it.</summary>
public sealed class NsmDeviceConformanceTests : NsmConformance, IDisposable
{
    private readonly FakeNsm _fake = new();

    private protected override INsm Nsm => new NsmDevice(_fake);

    public void Dispose() => _fake.Dispose();
}
