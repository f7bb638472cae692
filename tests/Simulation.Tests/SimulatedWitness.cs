using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;
using Sequencer.Witness.Http;
using Sequencer.Witness.Signing;
using Sequencer.Witness.State;

namespace Sequencer.Simulation.Tests;

/// <summary>The real witness over a disk that outlives its processes.</summary>
internal sealed class SimulatedWitness
{
    private readonly World _world;
    private readonly WitnessFaults _faults;
    private readonly string _key;
    private readonly Dictionary<string, byte[]> _disk = [];
    private TrustPolicy? _policy;
    private SimulatedProcess? _process;
    private WitnessAnswers? _answers;
    private ulong _givenSize;
    private int _lives;

    public SimulatedWitness(World world, WitnessFaults faults, string name)
    {
        (_world, _faults, Name) = (world, faults, name);
        _key = new string(CosigningKey.Generate(name));
        Key = ReadKey().Verifier;
    }

    public string Name { get; }

    public VerifierKey Key { get; }

    /// <summary>Whether requests come through to it.</summary>
    public bool IsReachable { get; set; } = true;

    public bool IsAlive => _process is { IsAlive: true };

    /// <summary>What it did that no witness may do.</summary>
    public List<string> Violations { get; } = [];

    /// <summary>Told of each head that it gave a cosignature of.</summary>
    public Action<Checkpoint> Cosigned { get; set; } = _ => { };

    /// <summary>From now on it watches a log.</summary>
    public void Watch(TrustPolicy policy) => _policy = policy;

    /// <summary>Starts its process, with what the disk has.</summary>
    public void Start()
    {
        var process = new SimulatedProcess(_world, $"{Name} {++_lives}");
        _process = process;
        _world.Count("witness starts");
        Witness.Witness opened;
        try
        {
            opened = Witness.Witness.Open(
                ReadKey(), _policy is null ? [] : [_policy], new Files(this, process),
                process.Time, line => _world.Tell($"{Name}: {line}"));
        }
        catch (WitnessStateException e)
        {
            Violations.Add($"{Name} does not start: {e.Message}");
            return;
        }
        _answers = new WitnessAnswers(opened);
        ulong size = opened.Logs.Values.FirstOrDefault()?.Head?.Checkpoint.Size ?? 0;
        if (size >= _givenSize) return;
        Violations.Add($"{Name} cosigned size {_givenSize} and remembers {size}.");
    }

    public void Kill() => _process?.Kill();

    /// <summary>Loses what it knew, as one whose disk was put back; and starts again.</summary>
    public void Forget()
    {
        _world.Tell($"{Name} forgets");
        Kill();
        _disk.Clear();
        _givenSize = 0;
        Start();
    }

    /// <summary>A request arrives; its answer, or null if there will be none.</summary>
    public async Task<Answer?> AnswerAsync(string path, byte[] body)
    {
        if (_process is not { IsAlive: true } process) return null;
        Task<Answer?> answering = Task.Factory.StartNew(
            () => RunAsync(path, body), CancellationToken.None, TaskCreationOptions.None, process)
            .Unwrap();
        return await Task.WhenAny(answering, process.Death) == answering ? await answering : null;
    }

    /// <summary>Its line under a checkpoint, which it does not know of: by a hand that has its key.
    /// </summary>
    public NoteSignature Forge(ReadOnlySpan<byte> text)
    {
        using CosigningKey key = ReadKey();
        return key.Cosign(text, _world.Now);
    }

    private async Task<Answer?> RunAsync(string path, byte[] body)
    {
        try
        {
            Answer answer = path == "/add-epoch"
                ? await _answers!.AddEpochAsync(body, CancellationToken.None)
                : await _answers!.AddCheckpointAsync(body, CancellationToken.None);
            _world.Tell($"{Name}: {path}: {answer.Status} {FirstLine(answer)}");
            if (path == "/add-checkpoint" && answer.Status == 200) Give(body);
            return answer;
        }
        catch (WitnessStateException e)
        {
            _world.Tell($"{Name} ends: {e.Message}");
            Kill();
            return null;
        }
        catch (ProcessKilledException)
        {
            return null;
        }
    }

    private void Give(byte[] body)
    {
        Assert.True(AddCheckpointRequest.TryParse(body, out AddCheckpointRequest? request));
        Assert.True(Checkpoint.TryParse(
            request.Checkpoint.Text.Span, out Checkpoint? head, out _));
        if (head.Size < _givenSize) Violations.Add($"{Name} cosigned {head.Size} late.");
        _givenSize = head.Size;
        _world.Count("cosignatures");
        Cosigned(head);
    }

    private CosigningKey ReadKey() => TryReadKey(out CosigningKey? key)
        ? key
        : throw new InvalidOperationException("It made this key.");

    private bool TryReadKey([NotNullWhen(true)] out CosigningKey? key) =>
        CosigningKey.TryParse(_key, out key);

    private static string FirstLine(Answer answer) => answer.Text.Split('\n')[0];

    private sealed class Files(SimulatedWitness witness, SimulatedProcess process) : IStateFiles
    {
        public byte[]? Read(string name) => witness._disk.GetValueOrDefault(name);

        public void Replace(string name, ReadOnlySpan<byte> bytes)
        {
            process.ThrowIfDead();
            byte[] content = bytes.ToArray();
            if (witness._faults.Mutation == Mutation.CosignBeforeStored)
            {
                witness._world.After(TimeSpan.FromSeconds(1), () =>
                {
                    if (process.IsAlive) witness._disk[name] = content;
                });
                return;
            }
            DiskFault fault = witness._faults.NextWrite();
            if (fault is DiskFault.KilledBefore) process.Kill();
            if (fault is DiskFault.None or DiskFault.FailedButDone or DiskFault.KilledAfter)
            {
                witness._disk[name] = content;
            }
            if (fault is DiskFault.KilledAfter) process.Kill();
            process.ThrowIfDead();
            if (fault != DiskFault.None) throw new IOException("An injected fault.");
        }
    }
}
