using System.Diagnostics;
using System.Text.Json;
using Sequencer.Bench.Report;

namespace Sequencer.Bench.Load;

/// <summary>What one run of a load came to.</summary>
/// <param name="Acknowledged">Entries that were acknowledged, warm-up included.</param>
/// <param name="EntriesPerSecond">Entries acknowledged in the time measured.</param>
/// <param name="P50Ms">Median of the calls' latencies, in milliseconds.</param>
/// <param name="P99Ms">99 of 100 calls took no longer.</param>
/// <param name="P999Ms">999 of 1,000 calls took no longer.</param>
internal sealed record LoadResult(
    long Acknowledged, double EntriesPerSecond, double P50Ms, double P99Ms, double P999Ms)
{
    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>Sums up a run.</summary>
    /// <param name="latencies">Stopwatch ticks of the calls counted; they get sorted.</param>
    /// <param name="answered">Calls answered, warm-up included.</param>
    /// <param name="plan">The load.</param>
    /// <exception cref="WireException">No call was answered in the time measured.</exception>
    public static LoadResult Of(long[] latencies, long answered, LoadPlan plan)
    {
        if (latencies.Length == 0)
        {
            throw new WireException("No call was answered in the time measured.");
        }
        Array.Sort(latencies);
        return new LoadResult(
            answered * plan.EntriesPerCall,
            latencies.Length * (double)plan.EntriesPerCall / plan.Measured.TotalSeconds,
            Milliseconds(0.5), Milliseconds(0.99), Milliseconds(0.999));

        double Milliseconds(double part) =>
            Percentile.OfSorted(latencies, part) * 1000.0 / Stopwatch.Frequency;
    }

    /// <summary>One line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Form);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static LoadResult FromJson(string json) =>
        JsonSerializer.Deserialize<LoadResult>(json, Form)!;
}
