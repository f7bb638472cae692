using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Sequencer.Gateway.Metrics;

/// <summary>What every process should tell, under the names that Prometheus' own libraries use.
/// </summary>
internal static class ProcessMetrics
{
    /// <summary>Adds the instruments.</summary>
    public static void AddTo(Meter meter)
    {
        using var self = Process.GetCurrentProcess();
        double startedAt = new DateTimeOffset(self.StartTime).ToUnixTimeMilliseconds() / 1000.0;
        meter.CreateObservableGauge(
            "process_start_time_seconds", () => startedAt,
            description: "When the process started, in Unix time.");
        meter.CreateObservableGauge(
            "process_resident_memory_bytes", () => Environment.WorkingSet,
            description: "Memory that the process takes up.");
        meter.CreateObservableCounter(
            "process_cpu_seconds", () => Environment.CpuUsage.TotalTime.TotalSeconds,
            description: "Processor time of the process.");
        meter.CreateObservableGauge(
            "process_open_fds", OpenFiles, description: "Files and sockets that are open.");
        meter.CreateObservableGauge(
            "dotnet_heap_bytes", () => GC.GetTotalMemory(forceFullCollection: false),
            description: "Memory on the managed heap.");
        meter.CreateObservableCounter(
            "dotnet_collections", Collections,
            description: "Garbage collections, by generation.");
        meter.CreateObservableCounter(
            "dotnet_collection_pause_seconds",
            () => GC.GetTotalPauseDuration().TotalSeconds,
            description: "Time for which collections stopped everything.");
        meter.CreateObservableGauge(
            "dotnet_thread_pool_queue_length", () => ThreadPool.PendingWorkItemCount,
            description: "Work that waits for a thread.");
    }

    private static long OpenFiles()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries("/proc/self/fd").LongCount();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private static IEnumerable<Measurement<long>> Collections()
    {
        // Those of a generation take the younger ones along.
        for (int generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            string name = generation switch { 0 => "0", 1 => "1", _ => "2" };
            yield return new Measurement<long>(
                GC.CollectionCount(generation),
                KeyValuePair.Create<string, object?>("generation", name));
        }
    }
}
