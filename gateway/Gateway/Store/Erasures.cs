using System.Buffers.Binary;
using System.Collections.Concurrent;
using Sequencer.Attestation;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Gateway.Store;

/// <summary>
/// Which entries' payloads are erased, and by which tombstones. Derived from the log; kept in a file
/// that the <see cref="DerivedMark"/> covers, so that a start looks for tombstones only behind it.
/// </summary>
/// <remarks>One writer, any number of readers. 16 bytes a tombstone in the file.</remarks>
internal sealed class Erasures
{
    private const string FilePath = NumberIndex.Directory + "/erasures";
    private const string Unfinished = FilePath + ReplacedFile.Unfinished;
    private const int HeadBytes = 4 + 8;
    private const int PairBytes = 16;

    private readonly ConcurrentDictionary<ulong, ulong> _tombstones = new();

    private static ReadOnlySpan<byte> Magic => "SQE1"u8;

    /// <summary>Number that was erased, and that of its tombstone; in no order.</summary>
    public IEnumerable<KeyValuePair<ulong, ulong>> All => _tombstones;

    /// <summary>What a file knew of a log up to at least a size; null without such a file.</summary>
    public static Erasures? TryRead(IStoreFiles files, ulong size)
    {
        if (!files.List(NumberIndex.Directory).Contains(Path.GetFileName(FilePath))) return null;
        using IStoreFile file = files.Open(FilePath);
        long length = file.Length;
        if (length < HeadBytes + Digest.Size || length > Array.MaxLength) return null;
        var bytes = new byte[length];
        if (file.Read(bytes, 0) != length) return null;
        ReadOnlySpan<byte> fields = bytes.AsSpan(0, bytes.Length - Digest.Size);
        if (!fields.StartsWith(Magic) || (fields.Length - HeadBytes) % PairBytes != 0) return null;
        if (!bytes.AsSpan(fields.Length).SequenceEqual(Sha256.Hash(fields).AsSpan())) return null;
        if (BinaryPrimitives.ReadUInt64BigEndian(fields[Magic.Length..]) < size) return null;
        var read = new Erasures();
        for (ReadOnlySpan<byte> rest = fields[HeadBytes..]; !rest.IsEmpty; rest = rest[PairBytes..])
        {
            ulong tombstone = BinaryPrimitives.ReadUInt64BigEndian(rest[8..]);
            // The file may be of a later mark than the one that a crash left.
            if (tombstone < size)
            {
                read._tombstones[BinaryPrimitives.ReadUInt64BigEndian(rest)] = tombstone;
            }
        }
        return read;
    }

    /// <summary>The tombstone of a number, or null.</summary>
    public ulong? TombstoneOf(ulong number) =>
        _tombstones.TryGetValue(number, out ulong tombstone) ? tombstone : null;

    /// <summary>Notes a tombstone; the first one stays.</summary>
    public void Note(ulong number, ulong tombstone) => _tombstones.TryAdd(number, tombstone);

    /// <summary>Makes durable what is known of the log up to a size, before the mark of that size.
    /// </summary>
    public void Write(IStoreFiles files, ulong size)
    {
        KeyValuePair<ulong, ulong>[] pairs = [.. All.Where(pair => pair.Value < size)];
        var bytes = new byte[HeadBytes + PairBytes * pairs.Length + Digest.Size];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(Magic.Length), size);
        Span<byte> rest = bytes.AsSpan(HeadBytes);
        foreach ((ulong number, ulong tombstone) in pairs)
        {
            BinaryPrimitives.WriteUInt64BigEndian(rest, number);
            BinaryPrimitives.WriteUInt64BigEndian(rest[8..], tombstone);
            rest = rest[PairBytes..];
        }
        Sha256.Hash(bytes.AsSpan(0, bytes.Length - Digest.Size)).CopyTo(rest);
        bool isLeftOver = files.List(NumberIndex.Directory).Contains(Path.GetFileName(Unfinished));
        if (isLeftOver) files.Delete(Unfinished);
        ReplacedFile.Write(files, NumberIndex.Directory, FilePath, bytes);
    }
}
