using System.Buffers.Binary;
using System.Numerics;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Log;

/// <summary>What a snapshot says of the records before it.</summary>
/// <param name="CellCount">Count of cells.</param>
/// <param name="UseCount">Count of uses in the idempotency window.</param>
/// <param name="StatementBeforeTimeMs">
/// Time of the statement before the newest, Unix milliseconds; 0 if there is none.
/// </param>
/// <param name="Statement">Hash of the newest statement.</param>
/// <param name="Cells">Digest of the cells.</param>
/// <param name="Window">Digest of the window.</param>
public readonly record struct SnapshotFields(
    uint CellCount,
    uint UseCount,
    ulong StatementBeforeTimeMs,
    Digest Statement,
    Digest Cells,
    Digest Window);

/// <summary>
/// A snapshot: what the records before it come to, a view over canonical bytes
/// (docs/PROTOCOL.md section 4). With the content that it holds digests of, a replay begins at it.
/// </summary>
public readonly ref struct SnapshotRecord
{
    /// <summary>Bytes before the frontier.</summary>
    public const int FixedBytes = 168;

    /// <summary>Longest snapshot, in bytes.</summary>
    public const int MaxBytes = FixedBytes + TreeFrontier.MaxHashes * Digest.Size;

    private readonly ReadOnlySpan<byte> _bytes;

    private SnapshotRecord(ReadOnlySpan<byte> bytes, RecordHeader header)
    {
        _bytes = bytes;
        Header = header;
    }

    /// <summary>Epoch, number, time and previous hash.</summary>
    public RecordHeader Header { get; }

    /// <summary>What it says.</summary>
    public SnapshotFields Fields => new(
        BinaryPrimitives.ReadUInt32BigEndian(_bytes[56..]),
        BinaryPrimitives.ReadUInt32BigEndian(_bytes[60..]),
        BinaryPrimitives.ReadUInt64BigEndian(_bytes[64..]),
        new Digest(_bytes.Slice(72, Digest.Size)),
        new Digest(_bytes.Slice(104, Digest.Size)),
        new Digest(_bytes.Slice(136, Digest.Size)));

    /// <summary>Length of the snapshot with a number, in bytes.</summary>
    public static int Length(ulong number) =>
        FixedBytes + BitOperations.PopCount(number) * Digest.Size;

    /// <summary>
    /// Reads a snapshot that must fill <paramref name="bytes"/>; false unless canonical.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out SnapshotRecord snapshot)
    {
        snapshot = default;
        if (!RecordHeader.TryRead(bytes, out RecordHeader header)) return false;
        if (header.Type != RecordType.Snapshot) return false;
        if (header.Number is 0 or > TreeHash.MaxSize) return false;
        if (header.Count != BitOperations.PopCount(header.Number)) return false;
        if (bytes.Length != Length(header.Number)) return false;
        snapshot = new SnapshotRecord(bytes, header);
        return true;
    }

    /// <summary>The right edge of the tree of the records before it.</summary>
    public TreeFrontier Frontier()
    {
        Span<Digest> hashes = stackalloc Digest[Header.Count];
        for (int i = 0; i < hashes.Length; i++)
        {
            hashes[i] = new Digest(_bytes.Slice(FixedBytes + i * Digest.Size, Digest.Size));
        }
        // It has as many hashes as its number has bits: it would not have decoded.
        return TreeFrontier.TryRestore(Header.Number, hashes, out TreeFrontier frontier)
            ? frontier
            : throw new InvalidOperationException("A snapshot's frontier does not fit its number.");
    }

    /// <summary>
    /// Writes the snapshot of the log that ends with <paramref name="tree"/>,
    /// <see cref="Length"/> of its size bytes at the start of <paramref name="destination"/>.
    /// </summary>
    public static void Write(
        Span<byte> destination,
        TreeFrontier tree,
        uint epoch,
        ulong timeMs,
        in Digest previous,
        in SnapshotFields fields)
    {
        ArgumentNullException.ThrowIfNull(tree);
        RecordHeader.Write(
            destination, RecordType.Snapshot, tree.HashCount, epoch, tree.Size, timeMs, previous);
        BinaryPrimitives.WriteUInt32BigEndian(destination[56..], fields.CellCount);
        BinaryPrimitives.WriteUInt32BigEndian(destination[60..], fields.UseCount);
        BinaryPrimitives.WriteUInt64BigEndian(destination[64..], fields.StatementBeforeTimeMs);
        fields.Statement.CopyTo(destination[72..]);
        fields.Cells.CopyTo(destination[104..]);
        fields.Window.CopyTo(destination[136..]);
        Span<Digest> hashes = stackalloc Digest[tree.HashCount];
        tree.CopyHashesTo(hashes);
        for (int i = 0; i < hashes.Length; i++)
        {
            hashes[i].CopyTo(destination[(FixedBytes + i * Digest.Size)..]);
        }
    }
}
