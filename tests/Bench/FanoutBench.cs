using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Sequencer.Attestation.Log;
using Sequencer.Gateway;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Live;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Store;

namespace Sequencer.Bench;

/// <summary>
/// What subscribers cost the writers: durable appends of a whole gateway with nobody subscribed, with
/// a thousand who wait for what does not come, and with fifty more who each follow one of the streams
/// that are written to; and with fifty who follow the whole log. Phases take turns, so that a machine
/// that changes its mind does so for all of them.
/// </summary>
/// <remarks>Writers and subscribers live in this process too, and share its processors.</remarks>
internal static class FanoutBench
{
    private const int Idle = 1000;
    private const int Busy = 50;
    private const int Rounds = 5;

    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(2);

    private static readonly Phase[] Phases =
    [
        new("nobody", 0, 0, _ => ""),
        new($"{Idle} idle", Idle, 0, _ => ""),
        new($"{Idle} idle, {Busy} of a stream each", Idle, Busy,
            i => $"/v1/streams/s-{i}/entries?from_version=end"),
        new($"{Idle} idle, {Busy} of the whole log", Idle, Busy, _ => "/v1/entries?from=end"),
    ];

    public static async Task RunAsync()
    {
        using var enclave = new EnclaveProcess();
        await using WebApplication app = GatewayHost.Build(
            Settings(enclave), new DiskReserve(0, () => 0),
            () => LogStore.Open(Path.Combine(enclave.Folder, "data"), new StoreOptions()));
        await app.StartAsync();
        var state = app.Services.GetRequiredService<PipelineState>();
        while (state.NotReady is not null) await Task.Delay(10);
        var address = new IPEndPoint(IPAddress.Loopback, new Uri(app.Urls.First()).Port);
        var queue = app.Services.GetRequiredService<AppendQueue>();

        Console.WriteLine(
            $"{FanoutWriters.Count} writers of {FanoutWriters.PayloadBytes} bytes to {Busy} streams, "
            + $"{Rounds} rounds of {Measured.TotalSeconds} s");
        await PrintMemoryAsync(app, address);
        var lag = new DeliveryLag();
        var writers = new FanoutWriters(Busy, lag);
        Func<Task<double>> inProcess = () => writers.RunInProcessAsync(queue, Measured);
        Func<Task<double>> overHttp = () => writers.RunOverHttpAsync(address, Measured);
        await RunAsync("writers in process", app, enclave, address, inProcess, lag);
        await RunAsync("writers over HTTP", app, enclave, address, overHttp, lag);
        await app.StopAsync();
    }

    private static async Task PrintMemoryAsync(WebApplication app, IPEndPoint address)
    {
        long before = LiveBytes();
        using (await Subscribers.OpenAsync(address, Idle, _ => "/v1/streams/none/entries"))
        {
            await WaitAsync(app, Idle);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"memory of an idle subscriber: {(LiveBytes() - before) / 1024.0 / Idle:F1} KiB "
                + $"(its client's socket included)"));
        }
        await WaitAsync(app, 0);
    }

    private static async Task RunAsync(
        string title,
        WebApplication app,
        EnclaveProcess enclave,
        IPEndPoint address,
        Func<Task<double>> write,
        DeliveryLag lag)
    {
        // Not measured: what is compiled at first.
        await write();
        List<Measurement>[] all = [.. Phases.Select(_ => new List<Measurement>())];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < Phases.Length; i++)
            {
                all[i].Add(await MeasureAsync(Phases[i], app, enclave, address, write, lag));
            }
        }
        Print(title, all);
    }

    private static async Task<Measurement> MeasureAsync(
        Phase phase,
        WebApplication app,
        EnclaveProcess enclave,
        IPEndPoint address,
        Func<Task<double>> write,
        DeliveryLag lag)
    {
        lag.Clear();
        using var waiting = await Subscribers.OpenAsync(
            address, phase.Idle, _ => "/v1/streams/none/entries");
        using var reading = await Subscribers.OpenAsync(address, phase.Busy, phase.Path, lag);
        await WaitAsync(app, phase.Idle + phase.Busy);
        long bytes = reading.Bytes;
        TimeSpan used = Used(enclave);
        double rate = await write();
        used = Used(enclave) - used;
        var measured = new Measurement(
            rate,
            used.TotalMicroseconds / (rate * Measured.TotalSeconds),
            (reading.Bytes - bytes) / 1e6 / Measured.TotalSeconds,
            lag.Quantile(0.5),
            lag.Quantile(0.99));
        reading.Dispose();
        waiting.Dispose();
        await WaitAsync(app, 0);
        return measured;
    }

    // Of the processors, by gateway, writers, subscribers and enclave.
    private static TimeSpan Used(EnclaveProcess enclave) =>
        Environment.CpuUsage.TotalTime + enclave.ProcessorTime;

    private static void Print(string title, List<Measurement>[] all)
    {
        Console.WriteLine();
        Console.WriteLine(
            $"{title,-36}{"entries/s",12}{"(spread)",20}{"ratio",8}{"us/entry",10}{"MB/s read",12}"
            + $"{"lag ms p50",12}{"p99",9}");
        for (int i = 0; i < all.Length; i++)
        {
            List<Measurement> of = all[i];
            // Each against its own round, so that what else the machine does hits both.
            double ratio = Median(of.Select((one, round) => one.Rate / all[0][round].Rate));
            string spread = string.Create(
                CultureInfo.InvariantCulture,
                $"{of.Min(one => one.Rate):N0}-{of.Max(one => one.Rate):N0}");
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Phases[i].Name,-36}{Median(of.Select(one => one.Rate)),12:N0}{spread,20}"
                + $"{ratio,8:F2}{Median(of.Select(one => one.MicrosecondsPerEntry)),10:F0}"
                + $"{Median(of.Select(one => one.MegabytesPerSecond)),12:F1}"
                + $"{Median(of.Select(one => one.LagMsMedian)),12:F0}"
                + $"{Median(of.Select(one => one.LagMsHigh)),9:F0}"));
        }
        Console.WriteLine($"load average: {File.ReadAllText("/proc/loadavg").TrimEnd()}");
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static async Task WaitAsync(WebApplication app, int count)
    {
        var readers = app.Services.GetRequiredService<LiveReaders>();
        while (readers.Count != count) await Task.Delay(10);
    }

    private static long LiveBytes()
    {
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static GatewaySettings Settings(EnclaveProcess enclave)
    {
        if (!EnclaveEndpoint.TryParse("unix:" + enclave.SocketPath, out EnclaveEndpoint? endpoint, out _)
            || !LogConfiguration.TryCreate(
                "bench.example/log", 100_000, 100_000, out LogConfiguration? configuration))
        {
            throw new InvalidOperationException("The bench's own settings are refused.");
        }
        var patience = TimeSpan.FromSeconds(30);
        return new GatewaySettings
        {
            DataDirectory = Path.Combine(enclave.Folder, "data"),
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Enclave = endpoint,
            EnclaveTimes = new LinkTimes(patience, patience, patience),
            Log = configuration,
            EntryMaxBytes = 64 * 1024,
            BatchMaxBytes = 1024 * 1024,
            QueueMax = FanoutWriters.Count,
            QueueMaxBytes = long.MaxValue,
            DiskFreeMinBytes = 0,
            SnapshotRecords = 0,
            ConnectionsMax = 2 * (Idle + Busy + FanoutWriters.Count),
        };
    }

    private sealed record Phase(string Name, int Idle, int Busy, Func<int, string> Path);

    private sealed record Measurement(
        double Rate,
        double MicrosecondsPerEntry,
        double MegabytesPerSecond,
        double LagMsMedian,
        double LagMsHigh);
}
