namespace Sequencer.Bench.Report;

/// <summary>Percentiles by the nearest rank: always a value that was measured.</summary>
internal static class Percentile
{
    /// <summary>The least value that is not below <paramref name="part"/> of all values.</summary>
    /// <param name="sorted">The values, upwards; at least one.</param>
    /// <param name="part">0 to 1; 0.5 gives the median.</param>
    public static T OfSorted<T>(ReadOnlySpan<T> sorted, double part)
    {
        int rank = (int)Math.Ceiling(part * sorted.Length);
        return sorted[Math.Clamp(rank, 1, sorted.Length) - 1];
    }
}
