using System.Globalization;
using Sequencer.Bench.Load;
using Sequencer.Bench.Suite;

namespace Sequencer.Bench.Parts;

/// <summary>Adds what loads come to.</summary>
internal static class LoadSamples
{
    /// <summary>Adds a run: entries or answers a second, and the latencies of the calls.</summary>
    public static void Add(
        this Samples samples,
        string name,
        string unit,
        LoadResult result,
        Action<string> progress,
        params Detail[] more)
    {
        samples.Add(
            name, unit, result.EntriesPerSecond, isHeadline: true,
            [
                new Detail("p50", "ms", result.P50Ms),
                new Detail("p99", "ms", result.P99Ms),
                new Detail("p99.9", "ms", result.P999Ms),
                .. more,
            ]);
        progress(string.Create(
            CultureInfo.InvariantCulture, $"{name}: {result.EntriesPerSecond:N0} {unit}"));
    }
}
