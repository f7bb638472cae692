using Sequencer.Attestation;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Gateway.Store;

/// <summary>
/// Hashes for proofs in the tree of one view. It keeps the tiles that it has read and every node
/// that it has computed, so that the proofs of one batch hash each node once; make one for a batch
/// of proofs, and let go of it. Not for two threads.
/// </summary>
public sealed class TileHashSource : ITreeHashSource
{
    /// <summary>Tiles kept at most, 16 KiB each; past that it begins anew.</summary>
    private const int TilesMax = 256;

    private readonly TileFiles _files;
    private readonly ulong _size;
    private readonly Dictionary<(int Level, ulong Index), Digest[]> _tiles = [];

    internal TileHashSource(TileFiles files, ulong size)
    {
        _files = files;
        _size = size;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The subtree is not inside the
    /// view.</exception>
    public Digest Read(int level, ulong index)
    {
        TileNode place = TileMath.Locate(level, index);
        int width = TileMath.Width(place.TileLevel, place.TileIndex, _size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(place.RequiredWidth, width, nameof(index));
        Digest[] nodes = Tile(place, width);
        // A tile is a heap: node 1 is its root, the children of i are 2i and 2i + 1, and its 256
        // hashes are nodes 256 to 511.
        return Node(nodes, (TilePath.FullWidth + place.First) / place.Count);
    }

    private Digest[] Tile(TileNode place, int width)
    {
        (int, ulong) key = (place.TileLevel, place.TileIndex);
        if (_tiles.TryGetValue(key, out Digest[]? nodes)) return nodes;
        if (_tiles.Count == TilesMax) _tiles.Clear();
        nodes = new Digest[2 * TilePath.FullWidth];
        _files.Read(
            place.TileLevel,
            place.TileIndex * TilePath.FullWidth,
            nodes.AsSpan(TilePath.FullWidth, width));
        return _tiles[key] = nodes;
    }

    // Zero stands for "not yet computed": no SHA-256 value that anyone will ever see.
    private static Digest Node(Digest[] nodes, int at)
    {
        if (!nodes[at].IsZero) return nodes[at];
        Digest left = Node(nodes, 2 * at);
        Digest right = Node(nodes, 2 * at + 1);
        return nodes[at] = TreeHash.Node(in left, in right);
    }
}
