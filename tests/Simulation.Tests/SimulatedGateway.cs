using Microsoft.Extensions.Logging;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Http;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Witnessing;

namespace Sequencer.Simulation.Tests;

/// <summary>One life of the gateway's process: the real pipeline over what is simulated.</summary>
internal sealed class SimulatedGateway : ILogger<Pipeline>
{
    private const int SegmentBytes = 24 * 1024;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly World _world;
    private readonly CancellationTokenSource _stop = new();
    private readonly GatewayMetrics _metrics = new();
    private readonly WitnessAddresses _witnesses = new(WitnessSettings.None);
    private readonly ByteBudget _budget = new(16 * 1024 * 1024);
    private readonly Task _running;

    public SimulatedGateway(
        World world, SimulatedDisk disk, SimulatedLink link, Mutation mutation, string name)
    {
        _world = world;
        Process = new SimulatedProcess(world, name);
        Queue = new AppendQueue(64, _metrics);
        Receipts = new ReceiptBuilder(State);
        IStoreFiles files = disk.MountedBy(Process);
        var settings = new PipelineSettings(
            link.EndpointFor(Process),
            new LinkTimes(Second, 5 * Second, 3 * Second) { Time = Process.Time },
            TimeSpan.FromMilliseconds(50),
            2 * Second,
            Configuration)
        { Chance = new Random(world.Chance.Next()) };
        var pipeline = new Pipeline(
            settings,
            new DiskReserve(world.IsOnceIn(2) ? 1 : 0, disk.FreeBytes),
            () => Open(files, mutation),
            Queue,
            State,
            _witnesses,
            _metrics,
            this);
        _running = Process.Start(() => RunAsync(pipeline));
    }

    public static LogConfiguration Configuration { get; } = MakeConfiguration();

    public SimulatedProcess Process { get; }

    public PipelineState State { get; } = new();

    public AppendQueue Queue { get; }

    public ReceiptBuilder Receipts { get; }

    /// <summary>What it said that no honest run may make it say.</summary>
    public List<string> Alarms { get; } = [];

    /// <summary>True if it ended of itself, as a start does that meets a fault of the disk.
    /// </summary>
    public bool IsOver => _running.IsCompleted || !Process.IsAlive;

    public bool IsReady => !IsOver && State.Enclave is not null;

    /// <summary>Ends it in order.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        Process.Kill();
    }

    /// <summary>As the edge does for a request.</summary>
    public async Task<AppendResult> AppendAsync(Submission submission)
    {
        using ByteReservation room = _budget.Open();
        Task<AppendResult> appending = Queue.AppendAsync(submission, room);
        return await Task.WhenAny(appending, Process.Death) == appending
            ? await appending
            : AppendResult.Failed(AppendFailure.EnclaveUnavailable);
    }

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        string line = formatter(state, exception);
        _world.Tell($"gateway: {line}");
        if (line.Contains("Start the enclave", StringComparison.Ordinal)
            && !line.Contains(FaultyNsm.Refusal, StringComparison.Ordinal))
        {
            Alarms.Add(line);
        }
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    private async Task RunAsync(Pipeline pipeline)
    {
        try
        {
            pipeline.OpenStore();
            await pipeline.RunAsync(_stop.Token);
        }
        catch (StoreDamagedException e)
        {
            Alarms.Add($"damaged: {e.Message}");
        }
        catch (IOException e)
        {
            _world.Tell($"gateway ended: {e.Message}");
        }
        catch (Exception e) when (Process.IsAlive)
        {
            Alarms.Add($"unexpected: {e}");
        }
    }

    private static (LogStore Store, RecoveryReport Report) Open(
        IStoreFiles files, Mutation mutation)
    {
        (LogStore store, RecoveryReport report) = Recovery.Open(
            files, "data", new StoreOptions { SegmentBytes = SegmentBytes });
        return mutation == Mutation.ForgetPending
            ? (store, report with { PendingPayloads = new Dictionary<Digest, ulong>() })
            : (store, report);
    }

    private static LogConfiguration MakeConfiguration()
    {
        Assert.True(LogConfiguration.TryCreate(
            "simulated.example/log", 16, 100_000, out LogConfiguration? made));
        return made;
    }
}
