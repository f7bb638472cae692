using System.Buffers.Binary;

namespace Sequencer.Attestation.Log;

/// <summary>What a record is (docs/PROTOCOL.md section 4).</summary>
public enum RecordType : byte
{
    /// <summary>An entry.</summary>
    Entry = 1,

    /// <summary>An epoch statement.</summary>
    Statement = 2,

    /// <summary>The seal of an epoch.</summary>
    Seal = 3,

    /// <summary>A snapshot of what the records before it come to.</summary>
    Snapshot = 4,
}

/// <summary>The 56 bytes that all records begin with: a view over them.</summary>
public readonly ref struct RecordHeader
{
    /// <summary>Length of the header, in bytes.</summary>
    public const int Bytes = 56;

    private const byte Version = 1;

    private readonly ReadOnlySpan<byte> _bytes;

    private RecordHeader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Entry, statement, seal or snapshot.</summary>
    public RecordType Type => (RecordType)_bytes[1];

    /// <summary>
    /// Cells of an entry, accepted predecessors of a statement, hashes of a snapshot's frontier; 0 in
    /// a seal.
    /// </summary>
    public ushort Count => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>Epoch.</summary>
    public uint Epoch => BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]);

    /// <summary>Sequence number, which is the leaf index.</summary>
    public ulong Number => BinaryPrimitives.ReadUInt64BigEndian(_bytes[8..]);

    /// <summary>Unix milliseconds.</summary>
    public ulong TimeMs => BinaryPrimitives.ReadUInt64BigEndian(_bytes[16..]);

    /// <summary>Leaf hash of the record before; zero for number 0.</summary>
    public Digest Previous => new(_bytes.Slice(24, Digest.Size));

    /// <summary>
    /// Reads the header at the start of a record; the rest is judged by <see cref="EntryRecord"/>,
    /// <see cref="EpochStatement"/>, <see cref="SealRecord"/> or <see cref="SnapshotRecord"/>.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> record, out RecordHeader header)
    {
        header = default;
        if (record.Length is < Bytes or > Limits.RecordMaxBytes || record[0] != Version)
        {
            return false;
        }
        if ((RecordType)record[1] is < RecordType.Entry or > RecordType.Snapshot) return false;
        header = new RecordHeader(record[..Bytes]);
        return true;
    }

    internal static void Write(
        Span<byte> destination,
        RecordType type,
        int count,
        uint epoch,
        ulong number,
        ulong timeMs,
        in Digest previous)
    {
        destination[0] = Version;
        destination[1] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)count);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], epoch);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], number);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], timeMs);
        previous.CopyTo(destination[24..]);
    }
}
