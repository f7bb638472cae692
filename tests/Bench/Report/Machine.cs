using System.Globalization;
using System.Runtime.InteropServices;

namespace Sequencer.Bench.Report;

/// <summary>The machine that was measured on.</summary>
/// <param name="Processor">Its model.</param>
/// <param name="Cores">Processors that the bench may use.</param>
/// <param name="MemoryGib">Memory, in GiB.</param>
/// <param name="Kernel">Name and version.</param>
/// <param name="Runtime">The .NET of gateway, enclave and load generator.</param>
/// <param name="Date">When, UTC.</param>
/// <param name="BusyCores">Processors that other work used, on average, just before.</param>
internal sealed record Machine(
    string Processor,
    int Cores,
    double MemoryGib,
    string Kernel,
    string Runtime,
    string Date,
    double BusyCores)
{
    /// <summary>With more other work than this the figures are not those of the machine.</summary>
    public const double QuietCores = 0.2;

    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(2);

    /// <summary>Describes this machine, after a look of two seconds at what else it does.</summary>
    public static async Task<Machine> DescribeAsync(
        TimeProvider time, CancellationToken cancellationToken)
    {
        double idleBefore = IdleSeconds();
        long begin = time.GetTimestamp();
        await Task.Delay(Watched, time, cancellationToken);
        double idle = (IdleSeconds() - idleBefore) / time.GetElapsedTime(begin).TotalSeconds;
        return Describe(time, Math.Max(0, Environment.ProcessorCount - idle));
    }

    private static Machine Describe(TimeProvider time, double busyCores) => new(
        Value("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        Math.Round(Kibibytes(Value("/proc/meminfo", "MemTotal")) / 1024 / 1024, 1),
        $"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}",
        RuntimeInformation.FrameworkDescription,
        time.GetUtcNow().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
        Math.Round(busyCores, 2));

    // "uptime idle", the latter summed over all processors.
    private static double IdleSeconds() => double.Parse(
        File.ReadAllText("/proc/uptime").Split(' ')[1], CultureInfo.InvariantCulture);

    private static string? Value(string file, string name) =>
        File.ReadLines(file)
            .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?
            .Split(':', 2)[1].Trim();

    // "16384 kB"
    private static double Kibibytes(string? text) => text is null
        ? 0
        : double.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture);
}
