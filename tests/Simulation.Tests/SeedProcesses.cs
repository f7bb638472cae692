using System.Diagnostics;
using System.Globalization;

namespace Sequencer.Simulation.Tests;

/// <summary>Deals seeds out to processes, one for each processor, and adds up what they say.
/// </summary>
internal static class SeedProcesses
{
    private const int ProgressSeeds = 100;

    /// <summary>Runs them all; false if a seed failed or a process did not end well.</summary>
    public static bool Run(Arguments arguments, TextWriter output)
    {
        int processes = Math.Min(Math.Clamp(Environment.ProcessorCount, 1, 8), arguments.Seeds);
        var summary = new Summary(arguments, output);
        Process[] started =
        [
            .. Enumerable.Range(0, processes).Select(i =>
            {
                int first = arguments.First + arguments.Seeds * i / processes;
                int end = arguments.First + arguments.Seeds * (i + 1) / processes;
                return SingleThread.Start(Words(arguments, first, end - first));
            }),
        ];
        bool isGood = true;
        foreach (Process process in started)
        {
            process.OutputDataReceived += (_, line) => summary.Take(line.Data);
            process.ErrorDataReceived += (_, line) => summary.Take(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }
        var running = new List<Process>(started);
        while (running.Count > 0)
        {
            int ended = Task.WaitAny([.. running.Select(p => p.WaitForExitAsync())]);
            bool isFound = running[ended].ExitCode != 0;
            isGood &= !isFound;
            running.RemoveAt(ended);
            // Of a mutation only that it is found is of interest.
            if (!isFound || arguments.Mutation == Mutation.None) continue;
            foreach (Process process in running) process.Kill();
        }
        foreach (Process process in started) process.Dispose();
        summary.End();
        return isGood;
    }

    private static string[] Words(Arguments arguments, int first, int seeds)
    {
        string at = first.ToString(CultureInfo.InvariantCulture);
        string mutation = arguments.Mutation.ToString();
        return arguments.IsOne
            ? ["--seed", at, "--mutation", mutation]
            : [
                "--first", at,
                "--seeds", seeds.ToString(CultureInfo.InvariantCulture),
                "--mutation", mutation,
            ];
    }

    private sealed class Summary(Arguments arguments, TextWriter output)
    {
        private readonly Lock _gate = new();
        private readonly long _since = Stopwatch.GetTimestamp();
        private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
        private int _done;
        private int _failed;

        public void Take(string? line)
        {
            if (line is null) return;
            lock (_gate)
            {
                string[] words = line.Split(' ', 3);
                if (words[0] == "DONE") Done();
                else if (words[0] == "COUNT") Count(words);
                else Show(line);
            }
        }

        public void End()
        {
            output.WriteLine();
            foreach ((string name, long count) in _counts)
            {
                output.WriteLine($"{count,10:N0}  {name}");
            }
            double seconds = Stopwatch.GetElapsedTime(_since).TotalSeconds;
            output.WriteLine(
                $"{_done} seeds in {seconds:0} s, {_failed} failed: "
                + $"{Sum("fault: "):N0} faults and {Sum("kill: "):N0} kills injected, "
                + $"{Sum("acknowledgements checked"):N0} acknowledgements checked, "
                + $"{Sum("LOST")} lost, {Sum("DUPLICATED")} duplicated, {Sum("SKIPPED")} skipped");
        }

        private long Sum(string prefix) => _counts
            .Where(c => c.Key.StartsWith(prefix, StringComparison.Ordinal)).Sum(c => c.Value);

        private void Done()
        {
            _done++;
            if (_done % ProgressSeeds != 0 || arguments.IsOne) return;
            output.WriteLine(
                $"{_done} of {arguments.Seeds} seeds, {_failed} failed, "
                + $"{Stopwatch.GetElapsedTime(_since).TotalSeconds:0} s");
        }

        private void Count(string[] words) =>
            _counts[words[2]] = _counts.GetValueOrDefault(words[2])
                + long.Parse(words[1], CultureInfo.InvariantCulture);

        private void Show(string line)
        {
            if (line.Contains("make simulate", StringComparison.Ordinal)) _failed++;
            output.WriteLine(line);
        }
    }
}
