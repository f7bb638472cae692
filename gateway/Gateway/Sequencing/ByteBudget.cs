namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// The memory that the bodies of all requests without an answer may take up, in bytes.
/// </summary>
public sealed class ByteBudget(long bytesMax)
{
    private long _taken;

    /// <summary>Bytes of all reservations.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>A reservation of no bytes yet, for one request.</summary>
    public ByteReservation Open() => new(this);

    internal bool HasRoom(long bytes) => bytes <= bytesMax - Taken;

    internal bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= bytesMax) return true;
        Return(bytes);
        return false;
    }

    internal void Return(long bytes) => Interlocked.Add(ref _taken, -bytes);
}

/// <summary>What one request has of a <see cref="ByteBudget"/>, until it is disposed.</summary>
/// <remarks>One thread at a time.</remarks>
public sealed class ByteReservation : IDisposable
{
    private readonly ByteBudget _budget;

    internal ByteReservation(ByteBudget budget) => _budget = budget;

    /// <summary>Bytes that it holds.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether it could hold so many bytes at this moment.</summary>
    public bool CanGrowTo(long bytes) => bytes <= Bytes || _budget.HasRoom(bytes - Bytes);

    /// <summary>Holds at least so many bytes from now on; false, and no more than before, if the
    /// budget has them not.</summary>
    public bool TryGrowTo(long bytes)
    {
        if (bytes <= Bytes) return true;
        if (!_budget.TryTake(bytes - Bytes)) return false;
        Bytes = bytes;
        return true;
    }

    /// <summary>Gives everything back.</summary>
    public void Dispose()
    {
        _budget.Return(Bytes);
        Bytes = 0;
    }
}
