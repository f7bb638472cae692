using System.Security.Cryptography;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Simulated;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Simulation.Tests;

/// <summary>
/// The gateway's machine with its disk and its enclave, and whoever starts both again when they
/// ended.
/// </summary>
internal sealed class Machine
{
    private readonly World _world;
    private readonly SimulatedProcess _operator;
    private readonly Mutation _mutation;
    private readonly DevelopmentCertificate _root = DevelopmentCertificate.CreateRoot(
        ECDsa.Create(ECCurve.NamedCurves.nistP384),
        "simulation",
        new DateTimeOffset(2016, 1, 1, 0, 0, 0, TimeSpan.Zero),
        new DateTimeOffset(2046, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private int _gateways;
    private int _enclaves;

    public Machine(World world, Mutation mutation)
    {
        _world = world;
        _mutation = mutation;
        _operator = new SimulatedProcess(world, "operator");
        DiskFaults = new DiskFaults(world) { Mutation = mutation };
        LinkFaults = new LinkFaults(world);
        Disk = new SimulatedDisk(world, DiskFaults);
        Link = new SimulatedLink(world, LinkFaults);
        Nsm = new FaultyNsm(
            world, new SimulatedNsm(_root, Measurements.Default, _operator.Time));
        Witnesses = world.Chance.Next(8) switch
        {
            < 3 => new WitnessSet(world, 4, 3, mutation),
            3 => new WitnessSet(world, 3, 2, mutation),
            _ => null,
        };
        Configuration = MakeConfiguration();
    }

    /// <summary>The configuration of the log.</summary>
    public LogConfiguration Configuration { get; }

    /// <summary>The log's witnesses; null for a log without.</summary>
    public WitnessSet? Witnesses { get; }

    /// <summary>What the policies of this run trust.</summary>
    public TrustedRoot Root => TrustedRoot.InsecureDevelopmentRoot(_root.Der);

    public DiskFaults DiskFaults { get; }

    public LinkFaults LinkFaults { get; }

    public SimulatedDisk Disk { get; }

    public SimulatedLink Link { get; }

    public FaultyNsm Nsm { get; }

    /// <summary>The newest life of the gateway.</summary>
    public SimulatedGateway? Gateway { get; private set; }

    /// <summary>Every life of it.</summary>
    public List<SimulatedGateway> Gateways { get; } = [];

    /// <summary>Starts what is not there, and what says of itself that it must be.</summary>
    public async Task SuperviseAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            if (Link.Enclave is not { Process.IsAlive: true }) TryStartEnclave();
            if (Gateway is not { IsOver: false }) StartGateway();
            AppendFailure? failure = Gateway!.State.NotReady?.Failure;
            if (failure is AppendFailure.EnclaveStopped or AppendFailure.EpochSealed)
            {
                _world.Count($"enclave ended by its operator: {failure}");
                Link.Enclave?.Process.Kill();
            }
            if (Witnesses is { AreWatching: false } && Gateway.State.View is { Size: > 0 } view)
            {
                Witnesses.Watch(PolicyFor(view));
            }
            Witnesses?.StartMissing();
            await Task.Delay(_world.UpTo(600), _operator.Time);
        }
    }

    public Task Start(Func<Task> work) => _operator.Start(work);

    public Task Delay(TimeSpan delay) => Task.Delay(delay, _operator.Time);

    public void StartGateway()
    {
        Gateway = new SimulatedGateway(_world, this, _mutation, $"gateway {++_gateways}");
        Gateways.Add(Gateway);
        _world.Count("gateway starts");
    }

    public void TryStartEnclave()
    {
        try
        {
            Link.Enclave = new SimulatedEnclave(_world, Nsm, LinkFaults, $"enclave {++_enclaves}")
            {
                Counted = Recount,
            };
            _world.Count("enclave starts");
        }
        catch (NsmException)
        {
            // It ended at its start, and is tried again.
        }
    }

    /// <summary>Waits for the gateway to be ready; gives why not, if it does not become so.
    /// </summary>
    public async Task<string?> WhyNotReadyAsync(TimeSpan patience)
    {
        TimeSpan until = _world.Elapsed + patience;
        while (Gateway is not { IsReady: true })
        {
            if (_world.Elapsed >= until) return $"{Gateway?.State.NotReady}";
            await Delay(TimeSpan.FromMilliseconds(100));
        }
        return null;
    }

    public void KillGateway() => Gateway?.Process.Kill();

    public void KillEnclave() => Link.Enclave?.Process.Kill();

    /// <summary>Power is lost.</summary>
    public void Crash()
    {
        _world.Count("machine crashes");
        KillGateway();
        KillEnclave();
        Disk.Crash();
    }

    /// <summary>Nothing goes wrong any more.</summary>
    public void Heal()
    {
        _world.Tell("healed");
        DiskFaults.Heal();
        LinkFaults.Heal();
        Nsm.RefusesOnceIn = 0;
        Witnesses?.Heal();
        if (Link.Enclave is { } enclave) enclave.KillIn = 0;
    }

    /// <summary>What callers and witnesses trust.</summary>
    /// <param name="log">The log's first record makes its id.</param>
    /// <param name="witnesses">Null: those of the log.</param>
    public TrustPolicy PolicyFor(ReadOnlySpan<byte> log, WitnessPolicy? witnesses = null) => new(
        Derivation.LogId(log),
        Configuration,
        [new AcceptedMeasurement(new MeasurementSet(
            Measurements.Name,
            Measurements.Default.Pcr0,
            Measurements.Default.Pcr1,
            Measurements.Default.Pcr2))],
        [Root],
        witnesses);

    private TrustPolicy PolicyFor(LogView view) => PolicyFor(view.ReadRecord(0));

    // What an enclave that does not count right takes a head for: one with a line by every witness.
    private byte[] Recount(byte[] cosigned)
    {
        if (Witnesses is null
            || !SignedNote.TryParse(cosigned, out SignedNote? note, out _)) return cosigned;
        bool isTaken = _mutation == Mutation.OpenBeforeQuorum
            || (_mutation == Mutation.CountLinesTwice
                && note.Signatures.Count >= 2 + Witnesses.Threshold);
        return isTaken ? Witnesses.Forge(note) : cosigned;
    }

    private LogConfiguration MakeConfiguration()
    {
        WitnessRequirement? required = null;
        if (Witnesses is not null)
        {
            Assert.True(WitnessRequirement.TryCreate(
                Witnesses.Policy,
                numbersMax: _world.IsOnceIn(2) ? 60u : 8192,
                secondsMax: _world.IsOnceIn(2) ? 15u : 600,
                out required));
        }
        Assert.True(LogConfiguration.TryCreate(
            "simulated.example/log", 16, 100_000, required, out LogConfiguration? made));
        return made;
    }
}
