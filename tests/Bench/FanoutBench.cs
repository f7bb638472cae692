using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Sequencer.Attestation;
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
    private const int Writers = 64;
    private const int PayloadBytes = 200;
    private const int Rounds = 5;

    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(3);

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
        await WriteAsync(queue);

        Console.WriteLine(
            $"{Writers} writers of {PayloadBytes} bytes to {Busy} streams, {Rounds} rounds of "
            + $"{Measured.TotalSeconds} s");
        long before = LiveBytes();
        using var idle = await Subscribers.OpenAsync(address, Idle, _ => "/v1/streams/none/entries");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"memory of an idle subscriber: {(LiveBytes() - before) / 1024.0 / Idle:F1} KiB "
            + $"(its client's socket included)"));
        idle.Dispose();
        await WaitAsync(app, 0);

        var phases = new (string Name, int Idle, int Busy, Func<int, string> Path)[]
        {
            ("nobody", 0, 0, _ => ""),
            ($"{Idle} idle", Idle, 0, _ => ""),
            ($"{Idle} idle, {Busy} of a stream each", Idle, Busy, i => $"/v1/streams/s-{i}/entries"),
            ($"{Idle} idle, {Busy} of the whole log", Idle, Busy, _ => "/v1/entries?from=end"),
        };
        var rates = phases.Select(_ => new List<double>()).ToArray();
        var events = new long[phases.Length];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < phases.Length; i++)
            {
                var phase = phases[i];
                using var waiting = await Subscribers.OpenAsync(
                    address, phase.Idle, _ => "/v1/streams/none/entries");
                using var reading = await Subscribers.OpenAsync(address, phase.Busy, n =>
                {
                    string path = phase.Path(n);
                    return path.Contains('?', StringComparison.Ordinal)
                        ? path
                        : $"{path}?from_version=end";
                });
                await WaitAsync(app, phase.Idle + phase.Busy);
                long bytes = reading.Bytes;
                rates[i].Add(await WriteAsync(queue));
                events[i] += reading.Bytes - bytes;
            }
        }
        Print(phases.Select(phase => phase.Name).ToArray(), rates, events);
        await app.StopAsync();
    }

    private static void Print(string[] names, List<double>[] rates, long[] bytes)
    {
        double alone = Median(rates[0]);
        Console.WriteLine($"{"subscribers",-36}{"entries/s",12}{"ratio",8}{"MB/s read",12}");
        for (int i = 0; i < names.Length; i++)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{names[i],-36}{Median(rates[i]),12:N0}{Median(rates[i]) / alone,8:F2}"
                + $"{bytes[i] / 1e6 / Rounds / Measured.TotalSeconds,12:F1}"));
        }
    }

    private static double Median(List<double> values) =>
        values.Order().ElementAt(values.Count / 2);

    private static async Task<double> WriteAsync(AppendQueue queue)
    {
        var budget = new ByteBudget(long.MaxValue);
        long count = 0;
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            PayloadItem[] items = [Item(writer)];
            while (Stopwatch.GetElapsedTime(start) < Measured)
            {
                using ByteReservation room = budget.Open();
                AppendResult result =
                    await queue.AppendAsync(new Submission(items, isAtomic: false), room);
                if (result.Failure != AppendFailure.None)
                {
                    throw new InvalidOperationException($"Not appended: {result.Failure}.");
                }
                Interlocked.Increment(ref count);
            }
        })));
        return count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static PayloadItem Item(int writer)
    {
        byte[] payload = Encoding.ASCII.GetBytes(new string('x', PayloadBytes));
        byte[] metadata = [1, 0, 0, 0, 0];
        byte[] stream = Encoding.ASCII.GetBytes($"s-{writer % Busy}");
        byte[] request = AppendRequest.Encode(
            Derivation.Tenant(Derivation.DefaultTenantName), Derivation.Payload(payload),
            PayloadBytes, Derivation.Metadata(metadata), Digest.Zero,
            [new CellOperation(OperationCode.Bump, CellKind.Stream, stream)]);
        return new PayloadItem(request, metadata, payload);
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
            QueueMax = Writers,
            QueueMaxBytes = long.MaxValue,
            DiskFreeMinBytes = 0,
            SnapshotRecords = 0,
            ConnectionsMax = 2 * (Idle + Busy),
        };
    }

    /// <summary>Subscribers who read and throw away, as cheaply as can be.</summary>
    private sealed class Subscribers : IDisposable
    {
        private readonly List<Socket> _sockets = [];
        private long _bytes;

        /// <summary>Bytes that they got.</summary>
        public long Bytes => Volatile.Read(ref _bytes);

        public static async Task<Subscribers> OpenAsync(
            IPEndPoint address, int count, Func<int, string> path)
        {
            var subscribers = new Subscribers();
            for (int i = 0; i < count; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(address);
                await socket.SendAsync(Encoding.ASCII.GetBytes(
                    $"GET {path(i)} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"));
                subscribers._sockets.Add(socket);
                _ = subscribers.ReadAsync(socket);
            }
            return subscribers;
        }

        public void Dispose()
        {
            foreach (Socket socket in _sockets) socket.Dispose();
        }

        private async Task ReadAsync(Socket socket)
        {
            // One buffer for all: nobody looks at it.
            byte[] buffer = Shared;
            try
            {
                int read;
                while ((read = await socket.ReceiveAsync(buffer)) > 0)
                {
                    Interlocked.Add(ref _bytes, read);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Disposed: the phase is over.
            }
        }

        private static readonly byte[] Shared = new byte[64 * 1024];
    }
}
