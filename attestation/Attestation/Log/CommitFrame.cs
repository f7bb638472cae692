using System.Buffers.Binary;

namespace Sequencer.Attestation.Log;

/// <summary>What stands at a place in a segment file (docs/PROTOCOL.md section 15).</summary>
public enum FrameStatus
{
    /// <summary>A whole frame with a right checksum.</summary>
    Whole,

    /// <summary>The start of a frame that goes on after the bytes at hand.</summary>
    Incomplete,

    /// <summary>No frame, or one that was damaged.</summary>
    Damaged,
}

/// <summary>
/// A batch as it was signed: records, where their payloads are, and the checkpoint after them.
/// </summary>
public readonly ref struct CommitFrame
{
    /// <summary>Bytes before the records.</summary>
    public const int HeaderBytes = 32;

    /// <summary>
    /// Longest frame, in bytes: what one answer of the enclave can bring, with offsets.
    /// </summary>
    public const int MaxBytes = 32 * 1024 * 1024;

    /// <summary>Payload offset of a record that has no payload.</summary>
    public const ulong NoPayload = ulong.MaxValue;

    private const int ChecksumAt = 24;

    /// <summary>The bytes that a frame begins with.</summary>
    public static ReadOnlySpan<byte> Magic => "SQC1"u8;

    private CommitFrame(
        ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> records, ReadOnlySpan<byte> offsets, int count)
    {
        Bytes = bytes;
        Records = records;
        Offsets = offsets;
        Count = count;
    }

    /// <summary>The whole frame.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>
    /// The records, each u16 length and bytes: a tlog-tiles entry bundle of any count.
    /// </summary>
    public ReadOnlySpan<byte> Records { get; }

    /// <summary>Count of records.</summary>
    public int Count { get; }

    /// <summary>Number of the first record.</summary>
    public ulong FirstNumber => BinaryPrimitives.ReadUInt64BigEndian(Bytes[8..]);

    /// <summary>The checkpoint at the size after these records.</summary>
    public ReadOnlySpan<byte> Checkpoint =>
        Bytes[(HeaderBytes + Records.Length + Offsets.Length)..];

    private ReadOnlySpan<byte> Offsets { get; }

    /// <summary>Offset of the payload frame of the record at <paramref name="index"/>.</summary>
    public ulong PayloadOffset(int index) =>
        BinaryPrimitives.ReadUInt64BigEndian(Offsets[(8 * index)..]);

    /// <summary>Length of a frame, in bytes.</summary>
    public static int Length(int recordsLength, int count, int checkpointLength) =>
        HeaderBytes + recordsLength + 8 * count + checkpointLength;

    /// <summary>Writes a frame of <see cref="Length"/> bytes.</summary>
    public static void Write(
        Span<byte> destination,
        ulong firstNumber,
        ReadOnlySpan<byte> records,
        ReadOnlySpan<ulong> payloadOffsets,
        ReadOnlySpan<byte> checkpoint)
    {
        Span<byte> frame = destination[..Length(records.Length, payloadOffsets.Length, checkpoint.Length)];
        Magic.CopyTo(frame);
        BinaryPrimitives.WriteUInt32BigEndian(frame[4..], (uint)records.Length);
        BinaryPrimitives.WriteUInt64BigEndian(frame[8..], firstNumber);
        BinaryPrimitives.WriteUInt32BigEndian(frame[16..], (uint)payloadOffsets.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame[20..], (uint)checkpoint.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame[28..], 0);
        records.CopyTo(frame[HeaderBytes..]);
        int at = HeaderBytes + records.Length;
        foreach (ulong offset in payloadOffsets)
        {
            BinaryPrimitives.WriteUInt64BigEndian(frame[at..], offset);
            at += 8;
        }
        checkpoint.CopyTo(frame[at..]);
        Crc32C.Seal(frame, ChecksumAt);
    }

    /// <summary>Reads the frame at the start of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">The segment from the frame's place on.</param>
    /// <param name="frame">The frame, when whole.</param>
    /// <param name="length">Its length when whole; when incomplete, the bytes that it takes.</param>
    public static FrameStatus TryRead(
        ReadOnlySpan<byte> bytes, out CommitFrame frame, out int length)
    {
        FrameStatus status = TryReadUnsealed(bytes, out frame, out length);
        if (status != FrameStatus.Whole || Crc32C.IsSealed(frame.Bytes, ChecksumAt)) return status;
        frame = default;
        return FrameStatus.Damaged;
    }

    /// <summary>
    /// As <see cref="TryRead"/> without the checksum: for an auditor, who wants to know what in a
    /// damaged frame is damaged.
    /// </summary>
    internal static FrameStatus TryReadUnsealed(
        ReadOnlySpan<byte> bytes, out CommitFrame frame, out int length)
    {
        frame = default;
        length = HeaderBytes;
        if (bytes.Length < HeaderBytes) return FrameStatus.Incomplete;
        if (!bytes.StartsWith(Magic)) return FrameStatus.Damaged;
        ulong recordsLength = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        ulong count = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
        ulong checkpointLength = BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]);
        ulong total = HeaderBytes + recordsLength + 8 * count + checkpointLength;
        if (count == 0 || checkpointLength == 0 || total > MaxBytes) return FrameStatus.Damaged;
        if (bytes[28..32].ContainsAnyExcept((byte)0)) return FrameStatus.Damaged;
        length = (int)total;
        if (bytes.Length < length) return FrameStatus.Incomplete;
        ReadOnlySpan<byte> whole = bytes[..length];
        frame = new CommitFrame(
            whole,
            whole.Slice(HeaderBytes, (int)recordsLength),
            whole.Slice(HeaderBytes + (int)recordsLength, 8 * (int)count),
            (int)count);
        return FrameStatus.Whole;
    }
}
