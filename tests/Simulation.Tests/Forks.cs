using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Verification;

namespace Sequencer.Simulation.Tests;

/// <summary>A continuation of a log.</summary>
/// <param name="Files">What the disk then held.</param>
/// <param name="Audit">What its own callers found.</param>
internal sealed record Branch(Dictionary<string, byte[]> Files, FinalAudit Audit);

/// <summary>What a parent can do who has copies of a log's store.</summary>
internal sealed class Forks(World world, HonestRun honest)
{
    private const int Appends = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Machine _machine = honest.Machine;
    private readonly SimulatedProcess _callers = new(world, "callers of a fork");
    private readonly Ledger _ledger = honest.Ledger;

    /// <summary>A new enclave opens an epoch on this store, and the log goes on there.</summary>
    public async Task<Branch> GoOnFromAsync(Dictionary<string, byte[]> files)
    {
        var ledger = new Ledger();
        _machine.Disk.Restore(files);
        await PlayAsync(async () =>
        {
            await StartAsync();
            await AppendAsync(ledger);
            await _machine.Gateway!.StopAsync();
            _machine.KillEnclave();
        });
        foreach (string alarm in _machine.Gateway!.Alarms)
        {
            ledger.Violations.Add($"Alarm: {alarm}");
        }
        // What was there before is of the honest run's callers.
        ledger.Submitted.UnionWith(_ledger.Submitted);
        var audit = new FinalAudit(world, _machine, ledger);
        await audit.RunAsync();
        _ledger.Violations.AddRange(ledger.Violations.Select(v => $"In a fork: {v}"));
        return new Branch(_machine.Disk.Snapshot(), audit);
    }

    /// <summary>The enclave lives; its gateway begins again with a store that lacks what was
    /// acknowledged.</summary>
    public async Task TakeStoreFromUnderEnclaveAsync(Dictionary<string, byte[]> files)
    {
        var ledger = new Ledger();
        _machine.Disk.Restore(files);
        bool isReady = false;
        await PlayAsync(async () =>
        {
            await StartAsync();
            await AppendAsync(ledger);
            await _machine.Gateway!.StopAsync();
            _machine.Disk.Restore(files);
            _machine.StartGateway();
            isReady = await _machine.WhyNotReadyAsync(Patience) is null;
            await _machine.Gateway!.StopAsync();
            _machine.KillEnclave();
        });
        if (isReady)
        {
            _ledger.Violations.Add("An enclave goes on with a store that lacks what it signed.");
        }
        world.Count("hostile: a store behind its enclave is refused");
    }

    /// <summary>Who holds these heads does not accept the files; the report says what he then has.
    /// </summary>
    public async Task<AuditReport> ExpectDetectionAsync(
        string what, Dictionary<string, byte[]> files, IEnumerable<AttestedHead> held)
    {
        AuditReport report = await FinalAudit.AuditAsync(files, honest.Audit.Policy, held);
        world.Count($"hostile: {what} is detected");
        if (report.IsGood)
        {
            _ledger.Violations.Add($"An auditor that holds receipts accepts {what}.");
        }
        return report;
    }

    /// <summary>Who holds these heads accepts the files.</summary>
    public async Task ExpectExtensionAsync(
        Dictionary<string, byte[]> files, IEnumerable<AttestedHead> held)
    {
        AuditReport report = await FinalAudit.AuditAsync(files, honest.Audit.Policy, held);
        if (report.IsGood) return;
        _ledger.Violations.Add(
            $"An honest continuation is refused: {string.Join("; ", report.Faults)}");
    }

    /// <summary>Plays a script on the world's thread.</summary>
    public async Task PlayAsync(Func<Task> work)
    {
        Task script = _machine.Start(work);
        await world.RunAsync(() => script.IsCompleted);
        if (script.IsCompleted) await script;
        else _ledger.Violations.Add("Everything waits for something else.");
    }

    private async Task StartAsync()
    {
        _machine.TryStartEnclave();
        _machine.StartGateway();
        if (await _machine.WhyNotReadyAsync(Patience) is not { } why) return;
        _ledger.Violations.Add($"A whole store is not gone on with: {why}");
    }

    private async Task AppendAsync(Ledger ledger)
    {
        string name = $"at {world.Elapsed}";
        var client = new Client(world, () => _machine.Gateway, ledger, _callers, name)
        {
            IsPlain = true,
            HasWitnesses = _machine.Witnesses is not null,
        };
        for (int i = 0; i < Appends; i++)
        {
            await _callers.Start(() => client.SubmitAsync(hasKey: true, attempts: 20));
        }
    }
}
