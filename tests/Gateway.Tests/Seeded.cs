using System.Globalization;

namespace Sequencer.Gateway.Tests;

/// <summary>The seed of property tests: SEQUENCER_SEED, or one that is fixed for the build.
/// </summary>
internal static class Seeded
{
    private const int DefaultSeed = 20260722;

    /// <summary>A generator whose seed appears in the output of a failing run.</summary>
    public static Random Random(out int seed)
    {
        string? given = Environment.GetEnvironmentVariable("SEQUENCER_SEED");
        seed = given is null ? DefaultSeed : int.Parse(given, CultureInfo.InvariantCulture);
        Console.WriteLine($"SEQUENCER_SEED={seed}");
        return new Random(seed);
    }
}
