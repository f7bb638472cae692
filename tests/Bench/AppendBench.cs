using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Witnessing;

namespace Sequencer.Bench;

/// <summary>
/// The gateway's pipeline without HTTP: callers that each wait for the durable answer to their
/// submission before the next, over a simulated enclave in its own process and a data directory on
/// the disk of TMPDIR; once as that disk is, and once with syncs as slow as those of a network volume.
/// </summary>
internal static class AppendBench
{
    private const int PayloadBytes = 200;

    private static readonly (int Callers, int Entries)[] Loads =
        [(1, 1), (64, 1), (256, 1), (64, 64), (256, 64)];

    // What a general-purpose volume of a cloud takes, about.
    private static readonly TimeSpan NetworkSync = TimeSpan.FromMilliseconds(2);

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(4);

    public static async Task RunAsync()
    {
        foreach (TimeSpan added in (TimeSpan[])[TimeSpan.Zero, NetworkSync])
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"durable appends, payloads of {PayloadBytes} bytes, "
                + $"{added.TotalMilliseconds} ms added to each sync"));
            Console.WriteLine(
                $"{"callers",-10}{"entries each",14}{"entries/s",14}{"p50 ms",10}{"p99 ms",10}"
                + $"{"entries/batch",16}");
            foreach ((int callers, int entries) in Loads)
            {
                // A log of its own for each: none pays for the size that another left.
                using var enclave = new EnclaveProcess();
                await MeasureAsync(enclave, added, callers, entries);
            }
        }
    }

    private static async Task MeasureAsync(
        EnclaveProcess enclave, TimeSpan addedToSync, int callers, int entries)
    {
        using var metrics = new GatewayMetrics();
        using var witnesses = new WitnessAddresses(WitnessSettings.None);
        var state = new PipelineState();
        var queue = new AppendQueue(callers, metrics);
        var files = new SlowFiles(Path.Combine(enclave.Folder, "data"), addedToSync);
        var pipeline = new Pipeline(
            Settings(enclave.SocketPath), new DiskReserve(0, () => 0),
            () => Recovery.Open(files, "data", new StoreOptions()), queue, state, witnesses, metrics,
            NullLogger<Pipeline>.Instance);
        pipeline.OpenStore();
        using var stop = new CancellationTokenSource();
        Task attached = state.NextAttachment;
        Task running = Task.Run(() => pipeline.RunAsync(stop.Token));
        await attached;

        await LoadAsync(queue, callers, entries, WarmUp);
        long batchesBefore = CountBatches(metrics);
        long start = Stopwatch.GetTimestamp();
        double[] latencies = await LoadAsync(queue, callers, entries, Measured);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Print(callers, entries, latencies, seconds, CountBatches(metrics) - batchesBefore);

        await stop.CancelAsync();
        await running;
    }

    private static PipelineSettings Settings(string socketPath)
    {
        if (!EnclaveEndpoint.TryParse("unix:" + socketPath, out EnclaveEndpoint? endpoint, out _)
            || !LogConfiguration.TryCreate(
                "bench.example/log", 100_000, 100_000, out LogConfiguration? configuration))
        {
            throw new InvalidOperationException("The bench's own settings are refused.");
        }
        var patience = TimeSpan.FromSeconds(30);
        return new PipelineSettings(
            endpoint, new LinkTimes(patience, patience, patience),
            TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1), configuration);
    }

    /// <summary>Latencies in milliseconds, of every submission.</summary>
    private static async Task<double[]> LoadAsync(
        AppendQueue queue, int callers, int entries, TimeSpan duration)
    {
        var budget = new ByteBudget(long.MaxValue);
        var latencies = new ConcurrentBag<double>();
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            PayloadItem[] items =
                [.. Enumerable.Range(0, entries).Select(i => Item(caller * entries + i))];
            while (Stopwatch.GetElapsedTime(start) < duration)
            {
                using ByteReservation room = budget.Open();
                long since = Stopwatch.GetTimestamp();
                AppendResult result =
                    await queue.AppendAsync(new Submission(items, isAtomic: false), room);
                if (result.Failure != AppendFailure.None)
                {
                    throw new InvalidOperationException($"Not appended: {result.Failure}.");
                }
                latencies.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
            }
        })));
        return [.. latencies];
    }

    // Each of a stream and an event type, as most entries are.
    private static PayloadItem Item(int seed)
    {
        var payload = new byte[PayloadBytes];
        new Random(seed).NextBytes(payload);
        byte[] metadata = [1, 6, .. "placed"u8, 0, 0, 0];
        byte[] stream = Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"orders-{seed}"));
        byte[] request = AppendRequest.Encode(
            Derivation.Tenant("default"u8), Derivation.Payload(payload), PayloadBytes,
            Derivation.Metadata(metadata), Digest.Zero,
            [new CellOperation(OperationCode.Bump, CellKind.Stream, stream)]);
        return new PayloadItem(request, metadata, payload);
    }

    private static long CountBatches(GatewayMetrics metrics)
    {
        const string name = "\nsequencer_batches_total ";
        string text = metrics.Exporter.Write();
        int at = text.IndexOf(name, StringComparison.Ordinal) + name.Length;
        return long.Parse(text.AsSpan(at, text.IndexOf('\n', at) - at), CultureInfo.InvariantCulture);
    }

    private static void Print(
        int callers, int entries, double[] latencies, double seconds, long batches)
    {
        Array.Sort(latencies);
        double total = (double)latencies.Length * entries;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{callers,-10}{entries,14}{total / seconds,14:N0}{At(0.50),10:F2}{At(0.99),10:F2}"
            + $"{total / batches,16:N1}"));

        double At(double part) => latencies[(int)(part * (latencies.Length - 1))];
    }
}
