using System.Numerics;

namespace Sequencer.Attestation.Merkle;

/// <summary>
/// RFC 6962 section 2.1.2: that the older tree is a prefix of the newer one.
/// </summary>
/// <remarks>
/// The proof starts at the subtree that ends with the older tree's last leaf and is complete in
/// both; its hash leads the path unless it is the whole older tree, whose root the verifier has.
/// The rest is that node's path in the newer tree; its left siblings also make up the older root.
/// Two cases outside the RFC have an empty path: equal sizes, which need equal roots; and an older
/// size of 0, which every tree extends, if the older root is <see cref="TreeHash.EmptyRoot"/>.
/// </remarks>
public static class ConsistencyProof
{
    /// <summary>
    /// The exact number of hashes in the path; at most <see cref="TreeHash.MaxConsistencyPath"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The older tree is the larger one, or the newer
    /// one is too large.</exception>
    public static int PathLength(ulong olderSize, ulong newerSize)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(newerSize, TreeHash.MaxSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(olderSize, newerSize);
        if (olderSize == 0 || olderSize == newerSize) return 0;
        int level = BitOperations.TrailingZeroCount(olderSize);
        (int inner, int border) = TreePath.Lengths(level, olderSize - 1, newerSize);
        return inner + border + (BitOperations.IsPow2(olderSize) ? 0 : 1);
    }

    /// <summary>True if the path proves that the older tree is a prefix of the newer one.</summary>
    public static bool Verify(
        ulong olderSize, in Digest olderRoot, ulong newerSize, in Digest newerRoot,
        ReadOnlySpan<Digest> path)
    {
        if (olderSize > newerSize || newerSize > TreeHash.MaxSize) return false;
        if (path.Length != PathLength(olderSize, newerSize)) return false;
        if (olderSize == 0 && olderRoot != TreeHash.EmptyRoot) return false;
        if (olderSize == newerSize) return olderRoot == newerRoot;
        if (olderSize == 0) return true;

        int level = BitOperations.TrailingZeroCount(olderSize);
        ulong index = (olderSize - 1) >> level;
        (int inner, _) = TreePath.Lengths(level, olderSize - 1, newerSize);
        bool startsAtOlderRoot = BitOperations.IsPow2(olderSize);
        Digest start = startsAtOlderRoot ? olderRoot : path[0];
        ReadOnlySpan<Digest> rest = startsAtOlderRoot ? path : path[1..];
        return TreePath.FoldLeft(start, index, inner, rest) == olderRoot
            && TreePath.Fold(start, index, inner, rest) == newerRoot;
    }

    /// <summary>Makes the path between two sizes of one tree.</summary>
    /// <exception cref="ArgumentOutOfRangeException">As <see cref="PathLength"/>.</exception>
    public static Digest[] Create(ulong olderSize, ulong newerSize, ITreeHashSource source)
    {
        var path = new Digest[PathLength(olderSize, newerSize)];
        if (path.Length == 0) return path;
        int level = BitOperations.TrailingZeroCount(olderSize);
        ulong index = (olderSize - 1) >> level;
        Span<Digest> rest = path;
        if (!BitOperations.IsPow2(olderSize))
        {
            path[0] = source.Read(level, index);
            rest = rest[1..];
        }
        TreePath.Read(source, level, index, newerSize, rest);
        return path;
    }
}
