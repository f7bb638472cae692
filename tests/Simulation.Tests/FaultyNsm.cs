using Sequencer.Enclave.Host;

namespace Sequencer.Simulation.Tests;

/// <summary>A device that refuses now and then.</summary>
internal sealed class FaultyNsm(World world, INsm nsm) : INsm
{
    /// <summary>One in so many requests is refused; 0: none.</summary>
    public int RefusesOnceIn { get; set; }

    public byte[] Attest(NsmOptions options)
    {
        ThrowNowAndThen();
        return nsm.Attest(options);
    }

    public void GetRandom(Span<byte> destination) => nsm.GetRandom(destination);

    private void ThrowNowAndThen()
    {
        if (RefusesOnceIn == 0 || !world.IsOnceIn(RefusesOnceIn)) return;
        world.Count("fault: NSM refused");
        throw new NsmException(Refusal);
    }

    public const string Refusal = "An injected refusal.";
}
