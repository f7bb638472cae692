using System.Numerics;

namespace Sequencer.Attestation.Merkle;

/// <summary>
/// The walk from a complete subtree up to the root, which inclusion and consistency proofs share.
/// </summary>
/// <remarks>
/// Seen from node <c>index</c> at <c>level</c> in a tree of <c>size</c> leaves, the walk has an
/// inner part, up to where the node's ancestors meet the right edge of the tree, with a sibling on
/// either side at every level; and a border part above, where the ancestors lie on the right edge
/// and only the left siblings exist, one for every set bit of the index.
/// </remarks>
internal static class TreePath
{
    /// <summary>The parts' lengths for the node that holds leaf <paramref name="last"/>.</summary>
    internal static (int Inner, int Border) Lengths(int level, ulong last, ulong size)
    {
        int meets = BitLength(last ^ (size - 1));
        return (meets - level, BitOperations.PopCount(last >> meets));
    }

    /// <summary>Root of the tree, from a node and its path.</summary>
    internal static Digest Fold(
        Digest node, ulong index, int inner, ReadOnlySpan<Digest> path)
    {
        for (int i = 0; i < path.Length; i++)
        {
            bool siblingIsLeft = i >= inner || ((index >> i) & 1) != 0;
            node = siblingIsLeft
                ? TreeHash.Node(in path[i], in node)
                : TreeHash.Node(in node, in path[i]);
        }
        return node;
    }

    /// <summary>
    /// Root of the tree that ends with the node: as <see cref="Fold"/>, over left siblings only.
    /// </summary>
    internal static Digest FoldLeft(
        Digest node, ulong index, int inner, ReadOnlySpan<Digest> path)
    {
        for (int i = 0; i < path.Length; i++)
        {
            if (i >= inner || ((index >> i) & 1) != 0) node = TreeHash.Node(in path[i], in node);
        }
        return node;
    }

    /// <summary>Reads the siblings of a node, from the bottom up, into <paramref name="path"/>.
    /// </summary>
    internal static void Read(
        ITreeHashSource source, int level, ulong index, ulong size, Span<Digest> path)
    {
        int written = 0;
        ulong last = (size - 1) >> level;
        for (; last > 0; level++, index >>= 1, last >>= 1)
        {
            if ((index & 1) != 0) path[written++] = source.Read(level, index - 1);
            else if (index < last) path[written++] = Subtree(source, level, index + 1, size);
        }
    }

    /// <summary>
    /// Root over the leaves that a tree of <paramref name="size"/> has under a node: on the right
    /// edge the node is not complete, and its root is folded from complete subtrees.
    /// </summary>
    private static Digest Subtree(ITreeHashSource source, int level, ulong index, ulong size)
    {
        ulong begin = index << level;
        ulong count = size - begin;
        if (count >> level != 0) return source.Read(level, index);

        // Bit b of count is a complete subtree of 2^b leaves; the smallest lies rightmost.
        ulong end = size;
        int low = BitOperations.TrailingZeroCount(count);
        end -= 1UL << low;
        Digest root = source.Read(low, end >> low);
        for (count &= count - 1; count != 0; count &= count - 1)
        {
            low = BitOperations.TrailingZeroCount(count);
            end -= 1UL << low;
            root = TreeHash.Node(source.Read(low, end >> low), in root);
        }
        return root;
    }

    private static int BitLength(ulong value) => 64 - BitOperations.LeadingZeroCount(value);
}
