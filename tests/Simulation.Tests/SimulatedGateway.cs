using Microsoft.Extensions.Logging;
using Sequencer.Attestation;
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
    private readonly WitnessAddresses _witnesses;
    private readonly WitnessWait _wait;
    private readonly Pipeline _pipeline;
    private readonly Mutation _mutation;
    private readonly ByteBudget _budget = new(16 * 1024 * 1024);
    private readonly Task _running;

    public SimulatedGateway(
        World world, Machine machine, Mutation mutation, string name)
    {
        (_world, _mutation) = (world, mutation);
        Process = new SimulatedProcess(world, name);
        Queue = new AppendQueue(64, _metrics);
        Receipts = new ReceiptBuilder(State);
        _wait = new WitnessWait(State, WitnessWait.Patience, Process.Time);
        _witnesses = machine.Witnesses?.AddressesFor(Process)
            ?? new WitnessAddresses(WitnessSettings.None);
        IStoreFiles files = machine.Disk.MountedBy(Process);
        var settings = new PipelineSettings(
            machine.Link.EndpointFor(Process),
            new LinkTimes(Second, 5 * Second, 3 * Second) { Time = Process.Time },
            TimeSpan.FromMilliseconds(50),
            2 * Second,
            machine.Configuration)
        { Chance = new Random(world.Chance.Next()) };
        _pipeline = new Pipeline(
            settings,
            new DiskReserve(world.IsOnceIn(2) ? 1 : 0, machine.Disk.FreeBytes),
            () => Open(files, mutation),
            Queue,
            State,
            _witnesses,
            _metrics,
            this);
        _running = Process.Start(RunAsync);
    }

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

    /// <summary>
    /// As the edge does for who waits for witnesses: the same from a cosigned head; null if there
    /// is none in time.
    /// </summary>
    public async Task<AppendResult?> CoverAsync(AppendResult result)
    {
        if (_mutation == Mutation.ShowUncosigned) return result;
        Task<(AppendResult Result, Problem? Problem)> covering = _wait.CoverAsync(
            Acknowledgement.Witnessed, result, CancellationToken.None);
        if (await Task.WhenAny(covering, Process.Death) != covering) return null;
        (AppendResult covered, Problem? problem) = await covering;
        return problem is null ? covered : null;
    }

    /// <summary>As the signal of an operator who plans a handover.</summary>
    public void RequestSeal() => Process.Start(() =>
    {
        _pipeline.RequestSeal();
        return Task.CompletedTask;
    });

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        string line = formatter(state, exception);
        _world.Tell($"gateway: {line}");
        bool isMismatch = line.Contains("Start the enclave", StringComparison.Ordinal)
            && !line.Contains(FaultyNsm.Refusal, StringComparison.Ordinal);
        if (isMismatch || line.Contains("knows another history", StringComparison.Ordinal))
        {
            Alarms.Add(line);
        }
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    private async Task RunAsync()
    {
        try
        {
            _pipeline.OpenStore();
            await _pipeline.RunAsync(_stop.Token);
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
            files, "data",
            new StoreOptions { SegmentBytes = SegmentBytes, NewestBytes = 64 * 1024 });
        return mutation == Mutation.ForgetPending
            ? (store, report with { PendingPayloads = new Dictionary<Digest, ulong>() })
            : (store, report);
    }
}
