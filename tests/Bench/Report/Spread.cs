namespace Sequencer.Bench.Report;

/// <summary>One figure of several runs.</summary>
internal readonly record struct Spread(double Median, double Min, double Max)
{
    /// <summary>Sums up values, at least one; the median of an even number is a mean.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1
            ? sorted[middle]
            : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }
}
