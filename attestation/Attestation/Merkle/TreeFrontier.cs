using System.Numerics;

namespace Sequencer.Attestation.Merkle;

/// <summary>
/// The right edge of an append-only tree: the roots of its complete subtrees, one for every set bit
/// of the size. Enough to append and to give the root, in constant memory.
/// </summary>
/// <remarks>
/// Owned by one thread. An append hashes one node on average and allocates nothing.
/// </remarks>
public sealed class TreeFrontier
{
    /// <summary>Most hashes that a frontier holds: one per bit of the size.</summary>
    public const int MaxHashes = 63;

    // _nodes[l] is the root of a complete subtree of 2^l leaves while bit l of _size is set;
    // otherwise it is left over from an earlier size and never read.
    private readonly Digest[] _nodes = new Digest[MaxHashes];
    private ulong _size;

    /// <summary>Number of leaves.</summary>
    public ulong Size => _size;

    /// <summary>Number of hashes that <see cref="CopyHashesTo"/> gives.</summary>
    public int HashCount => BitOperations.PopCount(_size);

    /// <summary>Appends the hash of one entry (see <see cref="TreeHash.Leaf"/>).</summary>
    /// <exception cref="InvalidOperationException">The tree is at its largest size.</exception>
    public void Append(in Digest leafHash)
    {
        if (_size >= TreeHash.MaxSize) throw new InvalidOperationException("The tree is full.");
        Digest node = leafHash;
        int level = 0;
        for (ulong rest = _size; (rest & 1) != 0; rest >>= 1)
        {
            node = TreeHash.Node(in _nodes[level], in node);
            level++;
        }
        _nodes[level] = node;
        _size++;
    }

    /// <summary>The root of the tree; <see cref="TreeHash.EmptyRoot"/> without leaves.</summary>
    public Digest Root()
    {
        if (_size == 0) return TreeHash.EmptyRoot;
        ulong rest = _size;
        Digest root = _nodes[BitOperations.TrailingZeroCount(rest)];
        for (rest &= rest - 1; rest != 0; rest &= rest - 1)
        {
            root = TreeHash.Node(in _nodes[BitOperations.TrailingZeroCount(rest)], in root);
        }
        return root;
    }

    /// <summary>
    /// Writes the subtree roots, the largest (leftmost) first, and returns how many there are.
    /// </summary>
    /// <exception cref="ArgumentException">The span is shorter than <see cref="HashCount"/>.
    /// </exception>
    public int CopyHashesTo(Span<Digest> destination)
    {
        int count = HashCount;
        if (destination.Length < count)
        {
            throw new ArgumentException("Too short for the frontier.", nameof(destination));
        }
        ulong rest = _size;
        for (int i = count - 1; i >= 0; i--, rest &= rest - 1)
        {
            destination[i] = _nodes[BitOperations.TrailingZeroCount(rest)];
        }
        return count;
    }

    /// <summary>Makes <paramref name="destination"/> equal to this frontier.</summary>
    public void CopyTo(TreeFrontier destination)
    {
        _nodes.CopyTo(destination._nodes, 0);
        destination._size = _size;
    }

    /// <summary>An independent copy.</summary>
    public TreeFrontier Clone()
    {
        var clone = new TreeFrontier();
        CopyTo(clone);
        return clone;
    }

    /// <summary>
    /// Restores a frontier from what <see cref="CopyHashesTo"/> gave. False if the number of hashes
    /// is not the one for <paramref name="size"/> or the size is too large. The caller compares
    /// <see cref="Root"/> with a root it trusts: hashes alone prove nothing.
    /// </summary>
    public static bool TryRestore(
        ulong size, ReadOnlySpan<Digest> hashes, out TreeFrontier frontier)
    {
        frontier = new TreeFrontier();
        if (size > TreeHash.MaxSize || hashes.Length != BitOperations.PopCount(size)) return false;
        ulong rest = size;
        for (int i = hashes.Length - 1; i >= 0; i--, rest &= rest - 1)
        {
            frontier._nodes[BitOperations.TrailingZeroCount(rest)] = hashes[i];
        }
        frontier._size = size;
        return true;
    }
}
