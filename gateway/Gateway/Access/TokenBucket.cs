namespace Sequencer.Gateway.Access;

/// <summary>
/// So many a second, and so many at once; exact, in integers. What costs more than there is goes
/// through when one is there, and leaves a debt: no size is shut out for ever.
/// </summary>
/// <remarks>One thread at a time. The rate may differ from call to call.</remarks>
internal struct TokenBucket
{
    // In tokens times ticks, so that a tick adds the rate; a bucket that was never used is full.
    private Int128? _level;
    private long _at;

    /// <summary>Takes, and returns zero; or takes nothing, and returns how long it is until one
    /// is there.</summary>
    /// <param name="cost">Tokens that are taken.</param>
    /// <param name="rate">Tokens a second; positive.</param>
    /// <param name="now">Ticks since any fixed moment.</param>
    public TimeSpan Take(long cost, long rate, long now)
    {
        TimeSpan wait = Wait(rate, now);
        if (wait == TimeSpan.Zero) _level -= (Int128)cost * TimeSpan.TicksPerSecond;
        return wait;
    }

    /// <summary>How long it is until one is there; zero if it is.</summary>
    public TimeSpan Wait(long rate, long now)
    {
        Int128 full = (Int128)rate * TimeSpan.TicksPerSecond;
        Int128 level = _level is { } before ? before + (Int128)(now - _at) * rate : full;
        level = Int128.Min(level, full);
        (_level, _at) = (level, now);
        Int128 lacks = TimeSpan.TicksPerSecond - level;
        return lacks <= 0 ? TimeSpan.Zero : TimeSpan.FromTicks((long)((lacks + rate - 1) / rate));
    }

    /// <summary>Whether it is as good as one that was never used.</summary>
    public readonly bool IsFull(long rate, long now)
    {
        Int128 full = (Int128)rate * TimeSpan.TicksPerSecond;
        return rate <= 0 || _level is not { } before || before + (Int128)(now - _at) * rate >= full;
    }
}
