namespace Sequencer.Attestation.Merkle;

/// <summary>
/// RFC 6962 section 2.1.1: that a leaf stands at an index of the tree with a given root. The path
/// runs from the leaf's sibling up to a child of the root.
/// </summary>
public static class InclusionProof
{
    /// <summary>
    /// The exact number of hashes in the path; at most <see cref="TreeHash.MaxInclusionPath"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">No such leaf, or the tree is too large.
    /// </exception>
    public static int PathLength(ulong index, ulong size)
    {
        ThrowUnlessInside(index, size);
        (int inner, int border) = TreePath.Lengths(0, index, size);
        return inner + border;
    }

    /// <summary>
    /// The root that the path leads to. False if the index is not inside the tree, the size is
    /// above <see cref="TreeHash.MaxSize"/> or the path has not exactly the length for both.
    /// </summary>
    public static bool TryComputeRoot(
        ulong index, ulong size, in Digest leafHash, ReadOnlySpan<Digest> path, out Digest root)
    {
        root = default;
        if (index >= size || size > TreeHash.MaxSize) return false;
        (int inner, int border) = TreePath.Lengths(0, index, size);
        if (path.Length != inner + border) return false;
        root = TreePath.Fold(leafHash, index, inner, path);
        return true;
    }

    /// <summary>True if the path proves the leaf at the index of this very tree.</summary>
    public static bool Verify(
        ulong index, ulong size, in Digest leafHash, ReadOnlySpan<Digest> path, in Digest root) =>
        TryComputeRoot(index, size, in leafHash, path, out Digest computed) && computed == root;

    /// <summary>Makes the path for a leaf of the tree of <paramref name="size"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such leaf, or the tree is too large.
    /// </exception>
    public static Digest[] Create(ulong index, ulong size, ITreeHashSource source)
    {
        var path = new Digest[PathLength(index, size)];
        TreePath.Read(source, 0, index, size, path);
        return path;
    }

    private static void ThrowUnlessInside(ulong index, ulong size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, TreeHash.MaxSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
    }
}
