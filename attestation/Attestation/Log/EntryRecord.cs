using System.Buffers.Binary;

namespace Sequencer.Attestation.Log;

/// <summary>A cell that an entry updated, with the value that resulted.</summary>
/// <param name="Key">Cell key (docs/PROTOCOL.md section 1).</param>
/// <param name="Value">The value after the update.</param>
public readonly record struct CellValue(Digest Key, long Value);

/// <summary>
/// Where and when the enclave put an entry: all of a record that the request does not say.
/// </summary>
/// <param name="Epoch">Epoch.</param>
/// <param name="Number">Sequence number, which is the leaf index.</param>
/// <param name="TimeMs">Unix milliseconds.</param>
/// <param name="Previous">Leaf hash of the record before.</param>
/// <param name="GroupIndex">Place in its atomic group, from 0.</param>
/// <param name="GroupCount">Members of the group, at least 1.</param>
public readonly record struct EntryPosition(
    uint Epoch, ulong Number, ulong TimeMs, Digest Previous, ushort GroupIndex, ushort GroupCount);

/// <summary>An entry's record: a view over canonical bytes (docs/PROTOCOL.md section 4).</summary>
public readonly ref struct EntryRecord
{
    /// <summary>Bytes before the cells.</summary>
    public const int FixedBytes = 224;

    /// <summary>Bytes of one cell: key and value.</summary>
    public const int CellBytes = Digest.Size + 8;

    /// <summary>Longest entry record, in bytes.</summary>
    public const int MaxBytes = FixedBytes + Limits.OperationsMax * CellBytes;

    private EntryRecord(ReadOnlySpan<byte> bytes, RecordHeader header)
    {
        Bytes = bytes;
        Header = header;
    }

    /// <summary>The encoded record: the leaf.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Epoch, number, time and previous hash.</summary>
    public RecordHeader Header { get; }

    /// <summary>Place in its atomic group, from 0.</summary>
    public ushort GroupIndex => BinaryPrimitives.ReadUInt16BigEndian(Bytes[56..]);

    /// <summary>Members of its atomic group: 1 for an entry alone.</summary>
    public ushort GroupCount => BinaryPrimitives.ReadUInt16BigEndian(Bytes[58..]);

    /// <summary>Payload length, in bytes.</summary>
    public uint PayloadLength => BinaryPrimitives.ReadUInt32BigEndian(Bytes[60..]);

    /// <summary>Tenant.</summary>
    public Digest Tenant => new(Bytes.Slice(64, Digest.Size));

    /// <summary>Payload commitment.</summary>
    public Digest Payload => new(Bytes.Slice(96, Digest.Size));

    /// <summary>Metadata digest.</summary>
    public Digest Metadata => new(Bytes.Slice(128, Digest.Size));

    /// <summary>Request digest.</summary>
    public Digest Request => new(Bytes.Slice(160, Digest.Size));

    /// <summary>Idempotency digest, or zero.</summary>
    public Digest Idempotency => new(Bytes.Slice(192, Digest.Size));

    /// <summary>Count of cells that the entry updated.</summary>
    public int CellCount => Header.Count;

    /// <summary>
    /// The cell at <paramref name="index"/>, in the order of the request's updates.
    /// </summary>
    public CellValue Cell(int index)
    {
        ReadOnlySpan<byte> cell = Bytes.Slice(FixedBytes + index * CellBytes, CellBytes);
        return new CellValue(
            new Digest(cell[..Digest.Size]), BinaryPrimitives.ReadInt64BigEndian(cell[Digest.Size..]));
    }

    /// <summary>Length of a record with that many cells, in bytes.</summary>
    public static int Length(int cellCount) => FixedBytes + cellCount * CellBytes;

    /// <summary>
    /// Reads a record that must fill <paramref name="bytes"/>; false unless canonical.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out EntryRecord record)
    {
        record = default;
        if (!RecordHeader.TryRead(bytes, out RecordHeader header)) return false;
        if (header.Type != RecordType.Entry || header.Count > Limits.OperationsMax) return false;
        if (bytes.Length != Length(header.Count)) return false;
        var read = new EntryRecord(bytes, header);
        if (read.GroupCount is 0 or > Limits.GroupMax || read.GroupIndex >= read.GroupCount)
        {
            return false;
        }
        record = read;
        return true;
    }

    /// <summary>
    /// Writes the record of a request at a position, <see cref="Length"/> of
    /// <paramref name="cells"/> bytes at the start of <paramref name="destination"/>.
    /// </summary>
    public static void Write(
        Span<byte> destination,
        in EntryPosition position,
        AppendRequest request,
        in Digest requestDigest,
        ReadOnlySpan<CellValue> cells)
    {
        RecordHeader.Write(
            destination,
            RecordType.Entry,
            cells.Length,
            position.Epoch,
            position.Number,
            position.TimeMs,
            position.Previous);
        BinaryPrimitives.WriteUInt16BigEndian(destination[56..], position.GroupIndex);
        BinaryPrimitives.WriteUInt16BigEndian(destination[58..], position.GroupCount);
        BinaryPrimitives.WriteUInt32BigEndian(destination[60..], request.PayloadLength);
        request.TenantPayloadMetadata.CopyTo(destination[64..]);
        requestDigest.CopyTo(destination[160..]);
        request.Idempotency.CopyTo(destination[192..]);
        int at = FixedBytes;
        foreach (ref readonly CellValue cell in cells)
        {
            cell.Key.CopyTo(destination[at..]);
            BinaryPrimitives.WriteInt64BigEndian(destination[(at + Digest.Size)..], cell.Value);
            at += CellBytes;
        }
    }
}
