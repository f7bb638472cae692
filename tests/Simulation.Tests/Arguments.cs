using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Sequencer.Simulation.Tests;

/// <summary>What a run of the program is asked for.</summary>
internal sealed record Arguments(int First, int Seeds, bool IsOne, Mutation Mutation)
{
    private const int ShownMax = 5;

    public static bool TryParse(string[] args, [NotNullWhen(true)] out Arguments? arguments)
    {
        var read = new Arguments(1, 200, IsOne: false, Mutation.None);
        arguments = null;
        for (int i = 0; i < args.Length; i += 2)
        {
            string value = i + 1 < args.Length ? args[i + 1] : "";
            bool isNumber = int.TryParse(
                value, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
            if (args[i] == "--first" && isNumber) read = read with { First = number };
            else if (args[i] == "--seeds" && isNumber) read = read with { Seeds = number };
            else if (args[i] == "--seed" && isNumber)
            {
                read = read with { First = number, Seeds = 1, IsOne = true };
            }
            else if (args[i] == "--mutation" && Enum.TryParse(value, out Mutation mutation))
            {
                read = read with { Mutation = mutation };
            }
            else return false;
        }
        arguments = read;
        return true;
    }

    /// <summary>Plays the seeds here, if this process can, else in one that can.</summary>
    public int Run()
    {
        if (SingleThread.TryUse()) return Play();
        return SeedProcesses.Run(this, Console.Out) ? 0 : 1;
    }

    private int Play()
    {
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        int failed = 0;
        var watchdog = new Watchdog();
        for (int seed = First; seed < First + Seeds; seed++)
        {
            watchdog.Begin(SeedRun.CommandFor(seed, Mutation));
            SeedResult result = SeedRun.Play(seed, Mutation, counts);
            if (IsOne)
            {
                foreach (string line in result.Trace) Console.WriteLine(line);
            }
            foreach (string violation in result.Violations.Take(ShownMax))
            {
                Console.WriteLine($"FAIL seed {seed}: {violation}");
            }
            if (result.Violations.Count > 0)
            {
                failed++;
                Console.WriteLine($"FAIL seed {seed}: {SeedRun.CommandFor(seed, Mutation)}");
            }
            Console.WriteLine($"DONE {seed} {result.HistoryDigest}");
            // Of a mutation only that it is found is of interest.
            if (failed > 0 && Mutation != Mutation.None) break;
        }
        foreach ((string name, long count) in counts) Console.WriteLine($"COUNT {count} {name}");
        return failed == 0 ? 0 : 1;
    }
}
