using Sequencer.Attestation;
using Sequencer.Attestation.Notes;

namespace Sequencer.Simulation.Tests;

/// <summary>
/// What witnesses cosigned, as they themselves say: the audit's own count of quorums, which
/// believes no note.
/// </summary>
internal sealed class CosignedHeads(WitnessPolicy policy)
{
    private readonly SortedDictionary<ulong, Dictionary<Digest, uint>> _heads = [];

    /// <summary>A witness gave a cosignature.</summary>
    public void Add(int witness, Checkpoint head)
    {
        if (!_heads.TryGetValue(head.Size, out var roots)) _heads[head.Size] = roots = [];
        roots[head.Root] = roots.GetValueOrDefault(head.Root) | 1u << witness;
    }

    /// <summary>Every head that any of them cosigned, smallest first.</summary>
    public IEnumerable<(ulong Size, Digest Root)> ByAny =>
        _heads.SelectMany(h => h.Value.Keys.Select(root => (h.Key, root)));

    /// <summary>Those that enough of them cosigned, smallest first.</summary>
    public IEnumerable<(ulong Size, Digest Root)> ByQuorum => _heads.SelectMany(h =>
        h.Value.Where(r => policy.IsSatisfiedBy(r.Value)).Select(r => (h.Key, r.Key)));
}
