namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Pauses between attempts: each about twice the one before up to a longest, and by chance up to
/// half shorter, so that gateways that lost their enclaves together do not come back together.
/// </summary>
internal sealed class Backoff(TimeSpan min, TimeSpan max, Random random)
{
    private int _doublings;

    /// <summary>The next pause.</summary>
    public TimeSpan Next()
    {
        TimeSpan longest = min * Math.Pow(2, _doublings);
        if (longest < max) _doublings++;
        else longest = max;
        return longest * (1 - random.NextDouble() / 2);
    }

    /// <summary>The last attempt lived for so long: one that outlived the longest pause was a
    /// success, and what ended it is a new fault.</summary>
    public void Lived(TimeSpan lifetime)
    {
        if (lifetime >= max) _doublings = 0;
    }
}
