using System.Runtime.InteropServices;

namespace Sequencer.Attestation.Merkle;

/// <summary>
/// Which tiles a tree has and where its nodes lie in them (c2sp.org/tlog-tiles). Tile level L
/// stores the binary tree's level 8L; the seven levels between are computed from a tile.
/// </summary>
public static class TileMath
{
    /// <summary>Binary levels that one tile spans.</summary>
    public const int LevelsPerTile = 8;

    /// <summary>Bytes of a full tile of hashes.</summary>
    public const int FullTileBytes = TilePath.FullWidth * Digest.Size;

    /// <summary>Highest tile level with hashes in the largest tree.</summary>
    public const int MaxUsedLevel = 7;

    /// <summary>Number of hashes at a tile level: floor(size / 256^level).</summary>
    public static ulong HashCount(int level, ulong size) =>
        level > MaxUsedLevel ? 0 : size >> (LevelsPerTile * level);

    /// <summary>
    /// Width of the last, partial tile of a level: floor(size / 256^level) mod 256; 0 if none.
    /// </summary>
    public static int PartialWidth(int level, ulong size) =>
        (int)(HashCount(level, size) % TilePath.FullWidth);

    /// <summary>
    /// Width of one tile in a tree of <paramref name="size"/>: 256 if full, 0 if it is not there.
    /// Entries have the width of their level 0 tile.
    /// </summary>
    public static int Width(int level, ulong index, ulong size)
    {
        ulong count = HashCount(level, size);
        ulong full = count / TilePath.FullWidth;
        if (index < full) return TilePath.FullWidth;
        return index == full ? (int)(count % TilePath.FullWidth) : 0;
    }

    /// <summary>
    /// The tiles of hashes that a tree of <paramref name="newSize"/> has and one of
    /// <paramref name="oldSize"/> has not, or has with a smaller width: what publishing the new
    /// size must write, lower levels first. From an old size of 0 these are all its tiles.
    /// </summary>
    public static IEnumerable<TilePath> NewTiles(ulong oldSize, ulong newSize)
    {
        for (int level = 0; level <= MaxUsedLevel; level++)
        {
            ulong before = HashCount(level, oldSize);
            ulong after = HashCount(level, newSize);
            if (before >= after) yield break;
            ulong full = after / TilePath.FullWidth;
            for (ulong index = before / TilePath.FullWidth; index < full; index++)
            {
                yield return TilePath.Hashes(level, index);
            }
            int partial = PartialWidth(level, newSize);
            if (partial > 0) yield return TilePath.Hashes(level, full, partial);
        }
    }

    /// <summary>Where the root of a complete subtree lies (see <see cref="ITreeHashSource"/>).
    /// </summary>
    public static TileNode Locate(int binaryLevel, ulong index)
    {
        int inTile = binaryLevel % LevelsPerTile;
        ulong first = index << inTile;
        return new TileNode(
            binaryLevel / LevelsPerTile, first / TilePath.FullWidth,
            (int)(first % TilePath.FullWidth), 1 << inTile);
    }
}

/// <summary>
/// A complete subtree inside a tile: the node over the <paramref name="Count"/> hashes (a power of
/// two, up to 128) from <paramref name="First"/>. A tile at least as wide as
/// <see cref="RequiredWidth"/> holds it.
/// </summary>
public readonly record struct TileNode(int TileLevel, ulong TileIndex, int First, int Count)
{
    /// <summary>Least width of a tile from which the node can be computed.</summary>
    public int RequiredWidth => First + Count;

    /// <summary>The node's hash, from the bytes of its tile.</summary>
    /// <exception cref="ArgumentException">The tile is too narrow.</exception>
    public Digest Compute(ReadOnlySpan<byte> tile)
    {
        if (tile.Length < RequiredWidth * Digest.Size)
        {
            throw new ArgumentException("The tile ends before the node.", nameof(tile));
        }
        ReadOnlySpan<Digest> hashes = MemoryMarshal.Cast<byte, Digest>(tile);
        return Root(hashes.Slice(First, Count));
    }

    private static Digest Root(ReadOnlySpan<Digest> hashes)
    {
        if (hashes.Length == 1) return hashes[0];
        int half = hashes.Length / 2;
        return TreeHash.Node(Root(hashes[..half]), Root(hashes[half..]));
    }
}
