using System.Globalization;
using System.Runtime.InteropServices;
using Sequencer.Attestation;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Gateway.Store;

/// <summary>
/// The hashes of every tile level, each level one flat file of 32-byte hashes in order. A full tile
/// is 8,192 bytes at a multiple of 8,192, and every partial tile that ever was is a prefix of one.
/// </summary>
/// <remarks>Derived: synced only for a <see cref="DerivedMark"/>. One writer, any number of readers.
/// </remarks>
internal sealed class TileFiles : IDisposable
{
    private const string Directory = "tiles";

    private readonly IStoreFile[] _levels;

    // For each level the hashes of its last, partial tile, and how many hashes the level has.
    private readonly Digest[][] _partials = new Digest[TileMath.MaxUsedLevel + 1][];
    private readonly ulong[] _counts = new ulong[TileMath.MaxUsedLevel + 1];

    /// <summary>Starts with an empty tree.</summary>
    public TileFiles(IStoreFiles files)
        : this(CreateLevels(files))
    {
    }

    private TileFiles(IStoreFile[] levels)
    {
        _levels = levels;
        for (int level = 0; level < _levels.Length; level++)
        {
            _partials[level] = new Digest[TilePath.FullWidth];
        }
    }

    /// <summary>The tree of a size that is there; null if hashes of it are missing.</summary>
    public static TileFiles? TryResume(IStoreFiles files, ulong size)
    {
        IReadOnlyList<string> names = files.List(Directory);
        var levels = new List<IStoreFile>();
        for (int level = 0; level <= TileMath.MaxUsedLevel; level++)
        {
            if (!names.Contains(NameOf(level))) break;
            levels.Add(files.Open(PathOf(level)));
            if ((ulong)levels[level].Length / Digest.Size < CountAt(level, size)) break;
            if (level == TileMath.MaxUsedLevel) return Resume([.. levels], size);
        }
        foreach (IStoreFile level in levels) level.Dispose();
        return null;
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

    /// <summary>Makes all that was written before the call durable, and the files' names.</summary>
    public void Sync(IStoreFiles files)
    {
        foreach (IStoreFile level in _levels) level.Sync();
        files.SyncDirectory(Directory);
    }

    public void Dispose()
    {
        foreach (IStoreFile level in _levels) level.Dispose();
    }

    private static IStoreFile[] CreateLevels(IStoreFiles files)
    {
        files.CreateDirectory(Directory);
        foreach (string name in files.List(Directory)) files.Delete($"{Directory}/{name}");
        return
        [
            .. Enumerable.Range(0, TileMath.MaxUsedLevel + 1)
                .Select(level => files.Create(PathOf(level))),
        ];
    }

    private static TileFiles Resume(IStoreFile[] levels, ulong size)
    {
        var tiles = new TileFiles(levels);
        for (int level = 0; level < levels.Length; level++)
        {
            ulong count = tiles._counts[level] = CountAt(level, size);
            int width = (int)(count % TilePath.FullWidth);
            tiles.Read(level, count - (ulong)width, tiles._partials[level].AsSpan(0, width));
        }
        return tiles;
    }

    // Each hash of a level stands for a full tile of the one below.
    private static ulong CountAt(int level, ulong size)
    {
        for (int below = 0; below < level; below++) size /= TilePath.FullWidth;
        return size;
    }

    private static string NameOf(int level) => level.ToString(CultureInfo.InvariantCulture);

    private static string PathOf(int level) => $"{Directory}/{NameOf(level)}";

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
