namespace Sequencer.Simulation.Tests;

/// <summary>
/// A run whose operator is honest: callers append while everything fails; then nothing fails any
/// more, the log must go on, the machine goes down once more, and the audit looks at what is left.
/// </summary>
internal sealed class HonestRun(World world, Mutation mutation)
{
    private static readonly TimeSpan WorkMax = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RecoveryMax = TimeSpan.FromMinutes(3);

    private FinalAudit? _audit;
    private readonly SimulatedProcess _callers = new(world, "callers");
    private bool _isOver;

    public Machine Machine { get; } = new(world, mutation);

    /// <summary>What the disk held some acknowledgements before the end.</summary>
    public Dictionary<string, byte[]> OlderStore { get; private set; } = [];

    /// <summary>What all policies of this run trust, and the heads that callers hold.</summary>
    public FinalAudit Audit => _audit ?? throw new InvalidOperationException("It is not over.");

    public Ledger Ledger { get; } = new();

    /// <summary>Runs on the world's thread; what is wrong is in the ledger.</summary>
    public async Task RunAsync()
    {
        Task script = Machine.Start(PlayAsync);
        await world.RunAsync(() => script.IsCompleted);
        if (!script.IsCompleted) Ledger.Violations.Add("Everything waits for something else.");
        else await script;
        foreach (SimulatedGateway gateway in Machine.Gateways)
        {
            foreach (string alarm in gateway.Alarms) Ledger.Violations.Add($"Alarm: {alarm}");
        }
        Machine.Disk.Crash();
        _audit = new FinalAudit(world, Machine, Ledger);
        await _audit.RunAsync();
        if (Machine.Witnesses is { } witnesses) Compare(witnesses);
        world.Tell($"the disk holds {Machine.Disk.ContentDigest()}");
    }

    private void Compare(WitnessSet witnesses)
    {
        new FenceAudit(world, Ledger, witnesses.Given, Machine.Configuration).ExpectOneHistory(
            witnesses.Given.ByAny, Audit.Roots);
        Ledger.Violations.AddRange(witnesses.All.SelectMany(w => w.Violations));
    }

    private async Task PlayAsync()
    {
        Task supervising = Machine.Start(() => Machine.SuperviseAsync(() => _isOver));
        bool isWorkDone = false;
        // A quarter of the runs is calmer, and gets further for it.
        bool isCalm = world.IsOnceIn(4);
        var chaos = new Chaos(world, Machine, isCalm);
        world.Count(Machine.Witnesses is { } kind
            ? $"logs with {kind.Threshold} of {kind.All.Count} witnesses"
            : "logs without witnesses");
        Task striking = Machine.Start(() => chaos.RunAsync(() => isWorkDone));
        var reader = new Reader(world, () => Machine.Gateway, Ledger, _callers);
        Task reading = _callers.Start(() => reader.RunAsync(() => _isOver));
        Task[] working =
        [
            .. Enumerable.Range(0, world.Chance.Next(2, 6)).Select(
                i => _callers.Start(
                    () => Client($"caller-{i}").RunAsync(
                        isCalm ? world.Chance.Next(15, 30) : world.Chance.Next(5, 16)))),
        ];
        await Task.WhenAny(Task.WhenAll(working), Machine.Delay(WorkMax));
        isWorkDone = true;
        await striking;
        if (world.IsOnceIn(3)) Machine.Crash();
        Machine.Heal();
        if (await Machine.WhyNotReadyAsync(RecoveryMax) is { } why)
        {
            Ledger.Violations.Add($"Nothing fails any more, and the gateway is not ready: {why}");
        }
        // One that knows nothing of what comes now, if no other one lies, is what a fork needs.
        if (Machine.Witnesses is { } some) some.All[^1].IsReachable = false;
        OlderStore = Machine.Disk.Snapshot();
        Client last = Client("last", isPlain: true);
        for (int i = 0; i < 3; i++)
        {
            await _callers.Start(() => AppendAsync(last));
        }
        _isOver = true;
        await Task.WhenAll(supervising, reading);
        if (Machine.Gateway is { IsOver: false } gateway) await gateway.StopAsync();
        Machine.KillEnclave();
    }

    private async Task AppendAsync(Client client)
    {
        if (await client.SubmitAsync(hasKey: true, attempts: 40)) return;
        Ledger.Violations.Add("Nothing fails any more, and nothing is appended.");
    }

    private Client Client(string name, bool isPlain = false) =>
        new(world, () => Machine.Gateway, Ledger, _callers, name)
        {
            IsPlain = isPlain,
            HasWitnesses = Machine.Witnesses is not null,
        };
}
