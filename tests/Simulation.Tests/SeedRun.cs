using System.Globalization;

namespace Sequencer.Simulation.Tests;

/// <summary>What a seed came to.</summary>
/// <param name="Violations">What must not be; empty when all is well.</param>
/// <param name="Trace">What happened, a line each.</param>
/// <param name="HistoryDigest">The digest of it, which is the same each time.</param>
internal sealed record SeedResult(
    IReadOnlyList<string> Violations, IReadOnlyList<string> Trace, string HistoryDigest);

/// <summary>One seed, from its beginning to its audit.</summary>
internal static class SeedRun
{
    /// <summary>One in so many seeds has a parent that is hostile in the end.</summary>
    private const int HostileOnceIn = 4;

    /// <summary>Plays it; adds what was counted.</summary>
    public static SeedResult Play(
        int seed, Mutation mutation, SortedDictionary<string, long> counts)
    {
        SeededRandomness.Use(seed);
        var world = new World(seed);
        List<string> violations = PlayAsync(world, seed, mutation).GetAwaiter().GetResult();
        foreach ((string name, long count) in world.Counts)
        {
            counts[name] = counts.GetValueOrDefault(name) + count;
        }
        counts["seeds"] = counts.GetValueOrDefault("seeds") + 1;
        return new SeedResult(violations, world.Trace, world.HistoryDigest());
    }

    /// <summary>The command that plays it again.</summary>
    public static string CommandFor(int seed, Mutation mutation) =>
        string.Create(CultureInfo.InvariantCulture, $"make simulate SEED={seed}")
        + (mutation == Mutation.None ? "" : $" MUTATION={mutation}");

    private static async Task<List<string>> PlayAsync(World world, int seed, Mutation mutation)
    {
        var honest = new HonestRun(world, mutation);
        try
        {
            await honest.RunAsync();
            if (honest.Ledger.Violations.Count == 0 && seed % HostileOnceIn == 0)
            {
                await new HostileRun(world, honest).RunAsync();
            }
        }
        catch (Exception e)
        {
            honest.Ledger.Violations.Add($"The run itself failed: {e}");
        }
        return honest.Ledger.Violations;
    }
}
