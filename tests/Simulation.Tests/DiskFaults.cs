namespace Sequencer.Simulation.Tests;

/// <summary>What can go wrong with an operation of a disk.</summary>
internal enum DiskFault
{
    None,

    /// <summary>It throws; of a write a part is done, of a sync any part, of the rest
    /// nothing.</summary>
    Failed,

    /// <summary>It throws, and is done.</summary>
    FailedButDone,

    /// <summary>It throws for want of room, a part of the write done.</summary>
    Full,

    /// <summary>The process was killed before it did anything.</summary>
    KilledBefore,

    /// <summary>The process was killed when half of it was done.</summary>
    KilledHalfway,

    /// <summary>The process was killed when it was done.</summary>
    KilledAfter,
}

/// <summary>Kinds of operation that change a disk.</summary>
internal enum DiskOperation
{
    Write,
    Truncate,
    Sync,
    Name,
    SyncNames,
}

/// <summary>Deals out the faults of a disk.</summary>
internal sealed class DiskFaults(World world)
{
    private int _killIn;
    private DiskFault _kill;

    /// <summary>One in so many operations fails; 0: none.</summary>
    public int FailsOnceIn { get; set; }

    /// <summary>There is no room.</summary>
    public bool IsFull { get; set; }

    /// <summary>What the harness breaks on purpose, to show that it is caught.</summary>
    public Mutation Mutation { get; init; }

    /// <summary>Kills the process that does the operation after so many.</summary>
    public void KillIn(int operations)
    {
        _killIn = operations;
        _kill = (DiskFault)world.Chance.Next(
            (int)DiskFault.KilledBefore, (int)DiskFault.KilledAfter + 1);
    }

    /// <summary>Whether the failure of such an operation is not told.</summary>
    public bool IsHushed(DiskOperation operation) =>
        Mutation == Mutation.IgnoreFailedSync && operation == DiskOperation.Sync;

    /// <summary>No more of them.</summary>
    public void Heal() => (_killIn, FailsOnceIn, IsFull) = (0, 0, false);

    public DiskFault Next(SimulatedProcess process, DiskOperation operation, string path)
    {
        if (_killIn > 0 && --_killIn == 0)
        {
            world.Count($"kill: gateway in a disk's {operation}");
            world.Tell($"disk: {operation} of {path}: {_kill}");
            process.Kill();
            return _kill;
        }
        if (IsFull && operation is (DiskOperation.Write or DiskOperation.Name))
        {
            world.Count("fault: disk full");
            return DiskFault.Full;
        }
        if (FailsOnceIn == 0 || !world.IsOnceIn(FailsOnceIn)) return DiskFault.None;
        bool isDone = world.IsOnceIn(2);
        world.Count($"fault: {operation} failed" + (isDone ? ", but was done" : ""));
        return isDone ? DiskFault.FailedButDone : DiskFault.Failed;
    }
}
