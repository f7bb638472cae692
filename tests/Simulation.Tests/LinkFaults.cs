namespace Sequencer.Simulation.Tests;

/// <summary>What one connection will go through, drawn when it is made.</summary>
/// <param name="DelayMs">Longest delay of a piece, in milliseconds.</param>
/// <param name="CutAfterBytes">It breaks when so many bytes went through, both ways together; null:
/// it does not.</param>
/// <param name="SilentAfterBytes">As that, but nobody is told.</param>
/// <param name="LateMs">How much longer what was sent before the gateway closed it is on its way,
/// in milliseconds.</param>
internal readonly record struct ConnectionFate(
    double DelayMs, int? CutAfterBytes, int? SilentAfterBytes, double LateMs);

/// <summary>Deals out the faults of the link.</summary>
internal sealed class LinkFaults(World world)
{
    /// <summary>One in so many connections is refused or comes to a bad end; 0: none.</summary>
    public int FailsOnceIn { get; set; }

    /// <summary>One in so many requests comes a second time, later; 0: none.</summary>
    public int RepeatsOnceIn { get; set; }

    /// <summary>No more of them.</summary>
    public void Heal() => (FailsOnceIn, RepeatsOnceIn) = (0, 0);

    public bool RepeatsNext() => RepeatsOnceIn > 0 && world.IsOnceIn(RepeatsOnceIn);

    public bool RefusesNext() => FailsOnceIn > 0 && world.IsOnceIn(2 * FailsOnceIn);

    public ConnectionFate Next()
    {
        if (FailsOnceIn == 0) return new ConnectionFate(1, null, null, 0);
        double delay = world.IsOnceIn(4) ? 200 : 2;
        // Openings are a few kilobytes: most cuts fall there or soon after.
        int bytes = world.Chance.Next(world.IsOnceIn(2) ? 4_000 : 60_000);
        double late = world.IsOnceIn(4) ? world.Chance.Next(3_000) : 0;
        if (!world.IsOnceIn(FailsOnceIn)) return new ConnectionFate(delay, null, null, late);
        return world.IsOnceIn(3)
            ? new ConnectionFate(delay, null, bytes, late)
            : new ConnectionFate(delay, bytes, null, late);
    }
}
