using System.Diagnostics;

namespace Sequencer.Bench.Report;

/// <summary>How long the disk takes to make something durable, by itself.</summary>
/// <param name="FileSystem">Its type, such as <c>ext4</c>.</param>
/// <param name="SyncP50Ms">Median of appending 4 KiB to a file and syncing it, in ms.</param>
/// <param name="SyncP99Ms">99 of 100 took no longer.</param>
internal sealed record DiskProbe(string FileSystem, double SyncP50Ms, double SyncP99Ms)
{
    private const int BlockBytes = 4096;
    private const int CountMax = 2000;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>Measures the disk of a folder, for two seconds at most.</summary>
    public static DiskProbe Measure(string folder)
    {
        string path = Path.Combine(folder, "probe");
        var block = new byte[BlockBytes];
        var ticks = new List<long>();
        using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write))
        {
            long begin = Stopwatch.GetTimestamp();
            while (ticks.Count < CountMax && Stopwatch.GetElapsedTime(begin) < Longest)
            {
                long start = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, block, (long)ticks.Count * BlockBytes);
                RandomAccess.FlushToDisk(file);
                ticks.Add(Stopwatch.GetTimestamp() - start);
            }
        }
        File.Delete(path);
        ticks.Sort();
        long[] sorted = [.. ticks];
        return new DiskProbe(
            new DriveInfo(folder).DriveFormat,
            Milliseconds(sorted, 0.5),
            Milliseconds(sorted, 0.99));
    }

    private static double Milliseconds(ReadOnlySpan<long> sorted, double part) =>
        Math.Round(Percentile.OfSorted(sorted, part) * 1000.0 / Stopwatch.Frequency, 3);
}
