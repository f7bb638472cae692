namespace Sequencer.Simulation.Tests;

/// <summary>What one request to a witness will go through, drawn when it is made.</summary>
/// <param name="Up">How long it is on its way.</param>
/// <param name="Repeated">How long a second copy of it is; null: there is none.</param>
/// <param name="Down">How long the answer is on its way.</param>
/// <param name="IsLost">It never arrives.</param>
/// <param name="IsAnswerLost">The answer does not.</param>
internal readonly record struct RequestFate(
    TimeSpan Up, TimeSpan? Repeated, TimeSpan Down, bool IsLost, bool IsAnswerLost);

/// <summary>Deals out the faults of witnesses, of their disks and of the network to them.</summary>
internal sealed class WitnessFaults(World world)
{
    /// <summary>One in so many requests is lost, slow or repeated; 0: none.</summary>
    public int NetworkFailsOnceIn { get; set; }

    /// <summary>One in so many writes of a state fails, or its witness is killed in it; 0: none.
    /// </summary>
    public int DiskFailsOnceIn { get; set; }

    /// <summary>What the harness breaks on purpose, to show that it is caught.</summary>
    public Mutation Mutation { get; init; }

    /// <summary>No more of them.</summary>
    public void Heal() => (NetworkFailsOnceIn, DiskFailsOnceIn) = (0, 0);

    public RequestFate NextRequest()
    {
        var fate = new RequestFate(world.UpTo(20), null, world.UpTo(20), false, false);
        if (NetworkFailsOnceIn == 0 || !world.IsOnceIn(NetworkFailsOnceIn)) return fate;
        switch (world.Chance.Next(5))
        {
            case 0:
                world.Count("fault: request to a witness lost");
                return fate with { IsLost = true };
            case 1:
                world.Count("fault: answer of a witness lost");
                return fate with { IsAnswerLost = true };
            case 2:
                world.Count("fault: request to a witness repeated");
                return fate with { Repeated = world.UpTo(4_000) };
            case 3:
                world.Count("fault: request to a witness late");
                return fate with { Up = world.UpTo(6_000) };
            default:
                world.Count("fault: answer of a witness late");
                return fate with { Down = world.UpTo(6_000) };
        }
    }

    public DiskFault NextWrite()
    {
        if (DiskFailsOnceIn == 0 || !world.IsOnceIn(DiskFailsOnceIn)) return DiskFault.None;
        DiskFault[] faults =
        [
            DiskFault.Failed, DiskFault.FailedButDone,
            DiskFault.KilledBefore, DiskFault.KilledAfter,
        ];
        DiskFault fault = faults[world.Chance.Next(faults.Length)];
        bool isKill = fault is DiskFault.KilledBefore or DiskFault.KilledAfter;
        world.Count(isKill ? "kill: witness in its disk" : "fault: state of a witness not written");
        return fault;
    }
}
