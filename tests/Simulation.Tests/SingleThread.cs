using System.Diagnostics;

namespace Sequencer.Simulation.Tests;

/// <summary>
/// A thread pool of one thread, without which seeds do not repeat: the runtime grants it only to a
/// process that believes in one processor, so that runs have processes of their own.
/// </summary>
internal static class SingleThread
{
    private const string Processors = "DOTNET_PROCESSOR_COUNT";

    /// <summary>Makes the pool of this process so; false if it is not such a process.</summary>
    public static bool TryUse() =>
        Environment.ProcessorCount == 1
        && ThreadPool.SetMinThreads(1, 1) && ThreadPool.SetMaxThreads(1, 1);

    /// <summary>Starts this program as such a process.</summary>
    public static Process Start(params IEnumerable<string> arguments)
    {
        string program = typeof(SingleThread).Assembly.Location;
        var start = new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Processors] = "1";
        start.Environment["DOTNET_TieredPGO"] = "0";
        return Process.Start(start)!;
    }
}
