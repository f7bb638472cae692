using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// The hashes of one proof, picked up while the leaves of the log go by. A proof's subtrees do not
/// overlap, so that one frontier at a time is enough: no more memory than the proof itself.
/// </summary>
internal sealed class SubtreeCollector : ITreeHashSource
{
    private readonly SortedDictionary<ulong, (int Level, ulong Index)> _planByFirstLeaf = [];
    private readonly Dictionary<(int Level, ulong Index), Digest> _hashes = [];
    private readonly Queue<(int Level, ulong Index)> _plan;
    private readonly Func<ITreeHashSource, Digest[]> _makeProof;
    private TreeFrontier _current = new();
    private ulong _next;

    /// <summary>Finds out what a proof reads, by making it of nothing.</summary>
    public SubtreeCollector(Func<ITreeHashSource, Digest[]> makeProof)
    {
        _makeProof = makeProof;
        _plan = [];
        makeProof(this);
        _plan = new Queue<(int Level, ulong Index)>(_planByFirstLeaf.Values);
    }

    /// <summary>The next leaf of the log.</summary>
    public void Append(in Digest leaf)
    {
        ulong number = _next++;
        if (!_plan.TryPeek(out var subtree) || number < subtree.Index << subtree.Level) return;
        _current.Append(leaf);
        if (_current.Size >> subtree.Level == 0) return;
        _hashes[_plan.Dequeue()] = _current.Root();
        _current = new TreeFrontier();
    }

    /// <summary>The proof; null if leaves are missing.</summary>
    public Digest[]? TryMakeProof() => _plan.Count == 0 ? _makeProof(this) : null;

    /// <inheritdoc/>
    Digest ITreeHashSource.Read(int level, ulong index)
    {
        if (_hashes.TryGetValue((level, index), out Digest hash)) return hash;
        _planByFirstLeaf[index << level] = (level, index);
        return default;
    }
}
