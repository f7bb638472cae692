using System.Text;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Witnessing;

namespace Sequencer.Simulation.Tests;

/// <summary>The witnesses of a log, and whoever starts them again when they ended.</summary>
internal sealed class WitnessSet
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly World _world;

    /// <summary>So many, of whom so many are enough.</summary>
    public WitnessSet(World world, int count, int threshold, Mutation mutation)
    {
        _world = world;
        Operator = new SimulatedProcess(world, "witnesses' operators");
        Faults = new WitnessFaults(world) { Mutation = mutation };
        All = [.. Enumerable.Range(0, count).Select(
            i => new SimulatedWitness(world, Faults, $"w{i}.example"))];
        Threshold = threshold;
        Policy = MakePolicy();
        Given = new CosignedHeads(Policy);
        for (int i = 0; i < count; i++)
        {
            int place = i;
            All[i].Cosigned = head => Given.Add(place, head);
        }
    }

    public IReadOnlyList<SimulatedWitness> All { get; }

    public int Threshold { get; }

    /// <summary>Whether the policy bears one that lies or forgets.</summary>
    public bool BearsOne => Policy.SharedMin > 1;

    public WitnessPolicy Policy { get; }

    public WitnessFaults Faults { get; }

    /// <summary>In whom the network runs.</summary>
    public SimulatedProcess Operator { get; }

    /// <summary>What they cosigned.</summary>
    public CosignedHeads Given { get; }

    /// <summary>Whether they know the log.</summary>
    public bool AreWatching { get; private set; }

    /// <summary>From now on they watch the log.</summary>
    public void Watch(TrustPolicy policy)
    {
        AreWatching = true;
        foreach (SimulatedWitness witness in All)
        {
            witness.Watch(policy);
            witness.Kill();
        }
        StartMissing();
    }

    public void StartMissing()
    {
        foreach (SimulatedWitness witness in All.Where(w => !w.IsAlive)) witness.Start();
    }

    /// <summary>Nothing goes wrong any more.</summary>
    public void Heal()
    {
        Faults.Heal();
        foreach (SimulatedWitness witness in All) witness.IsReachable = true;
        StartMissing();
    }

    /// <summary>The way to them from a gateway.</summary>
    public WitnessAddresses AddressesFor(SimulatedProcess gateway) => new(
        new WitnessSettings(
            Policy.Witnesses, Patience, TimeSpan.FromMilliseconds(_world.IsOnceIn(3) ? 50 : 500)),
        new WitnessNetwork(_world, this))
    {
        Time = gateway.Time,
        Chance = new Random(_world.Chance.Next()),
    };

    /// <summary>The way of somebody else to one of them.</summary>
    public WitnessClient ClientOf(int witness, SimulatedProcess parent) => new(
        new HttpClient(new WitnessNetwork(_world, this))
        {
            BaseAddress = Policy.Witnesses[witness].Url,
            Timeout = Timeout.InfiniteTimeSpan,
        },
        All[witness].Key,
        Patience,
        parent.Time);

    public SimulatedWitness At(Uri address) => All.Single(w => w.Name == address.Host);

    /// <summary>A note with lines by all of them, whom nobody asked.</summary>
    public byte[] Forge(SignedNote note) => SignedNote.Create(
        note.Text.Span,
        [.. note.Signatures.Take(2), .. All.Select(w => w.Forge(note.Text.Span))]).ToBytes();

    private WitnessPolicy MakePolicy()
    {
        var text = new StringBuilder();
        foreach (SimulatedWitness witness in All)
        {
            text.Append($"witness {witness.Name} {witness.Key} http://{witness.Name}/\n");
        }
        text.Append($"group g {Threshold} {string.Join(' ', All.Select(w => w.Name))}\n");
        text.Append("quorum g\n");
        Assert.True(WitnessPolicy.TryParse(text.ToString(), out WitnessPolicy? policy, out _));
        return policy;
    }
}
