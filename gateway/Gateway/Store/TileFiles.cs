using System.Globalization;
using System.Runtime.InteropServices;
using Sequencer.Attestation;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Gateway.Store;

/// <summary>
/// The hashes of every tile level, each level one flat file of 32-byte hashes in order. A full tile
/// is 8,192 bytes at a multiple of 8,192, and every partial tile that ever was is a prefix of one.
/// </summary>
/// <remarks>Derived: made anew at each opening, never synced. One writer, any number of readers.
/// </remarks>
internal sealed class TileFiles : IDisposable
{
    private const string Directory = "tiles";

    private readonly IStoreFile[] _levels = new IStoreFile[TileMath.MaxUsedLevel + 1];

    // For each level the hashes of its last, partial tile, and how many hashes the level has.
    private readonly Digest[][] _partials = new Digest[TileMath.MaxUsedLevel + 1][];
    private readonly ulong[] _counts = new ulong[TileMath.MaxUsedLevel + 1];

    /// <summary>Starts with an empty tree.</summary>
    public TileFiles(IStoreFiles files)
    {
        files.CreateDirectory(Directory);
        foreach (string name in files.List(Directory)) files.Delete($"{Directory}/{name}");
        for (int level = 0; level < _levels.Length; level++)
        {
            _levels[level] =
                files.Create($"{Directory}/{level.ToString(CultureInfo.InvariantCulture)}");
            _partials[level] = new Digest[TilePath.FullWidth];
        }
    }

    /// <summary>Appends leaf hashes, and to the levels above the roots of the tiles they
    /// fill.</summary>
    public void Append(ReadOnlySpan<Digest> leaves) => Append(0, leaves);

    /// <summary>Fills the span with hashes of a level from a position on.</summary>
    /// <exception cref="IOException">They are not there.</exception>
    public void Read(int level, ulong first, Span<Digest> hashes)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(hashes);
        if (_levels[level].Read(bytes, (long)first * Digest.Size) != bytes.Length)
        {
            throw new IOException($"{Directory}/{level} ends before the hash that was asked for.");
        }
    }

    public void Dispose()
    {
        foreach (IStoreFile level in _levels) level.Dispose();
    }

    private void Append(int level, ReadOnlySpan<Digest> hashes)
    {
        if (hashes.IsEmpty) return;
        _levels[level].Write(
            [MemoryMarshal.AsBytes(hashes).ToArray()], (long)_counts[level] * Digest.Size);
        Digest[] partial = _partials[level];
        var filled = new List<Digest>();
        foreach (ref readonly Digest hash in hashes)
        {
            int at = (int)(_counts[level] % TilePath.FullWidth);
            partial[at] = hash;
            _counts[level]++;
            if (at == TilePath.FullWidth - 1) filled.Add(FoldToRoot(partial));
        }
        if (level < TileMath.MaxUsedLevel) Append(level + 1, CollectionsMarshal.AsSpan(filled));
    }

    // In place: the tile is full, and its buffer begins anew.
    private static Digest FoldToRoot(Digest[] tile)
    {
        for (int width = tile.Length / 2; width > 0; width /= 2)
        {
            for (int i = 0; i < width; i++)
            {
                tile[i] = TreeHash.Node(in tile[2 * i], in tile[2 * i + 1]);
            }
        }
        return tile[0];
    }
}
