using System.Buffers.Binary;

namespace Sequencer.Attestation.Log;

/// <summary>An entry as it came, written before it is sequenced.</summary>
public readonly ref struct PayloadFrame
{
    /// <summary>Bytes before the request.</summary>
    public const int HeaderBytes = 20;

    private const int ChecksumAt = 16;

    private static ReadOnlySpan<byte> Magic => "SQP1"u8;

    private PayloadFrame(
        ReadOnlySpan<byte> request, ReadOnlySpan<byte> metadata, ReadOnlySpan<byte> payload)
    {
        Request = request;
        Metadata = metadata;
        Payload = payload;
    }

    /// <summary>The encoded request (section 3).</summary>
    public ReadOnlySpan<byte> Request { get; }

    /// <summary>The metadata block (section 2).</summary>
    public ReadOnlySpan<byte> Metadata { get; }

    /// <summary>The payload.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>Length of a frame, in bytes.</summary>
    public static int Length(int requestLength, int metadataLength, int payloadLength) =>
        HeaderBytes + requestLength + metadataLength + payloadLength;

    /// <summary>Writes a frame of <see cref="Length"/> bytes.</summary>
    public static void Write(
        Span<byte> destination,
        ReadOnlySpan<byte> request,
        ReadOnlySpan<byte> metadata,
        ReadOnlySpan<byte> payload)
    {
        Span<byte> frame = destination[..Length(request.Length, metadata.Length, payload.Length)];
        payload.CopyTo(frame[(HeaderBytes + request.Length + metadata.Length)..]);
        WriteHead(frame, request, metadata, payload);
    }

    /// <summary>
    /// Writes a frame up to its payload, <see cref="Length"/> for an empty one, so that a large
    /// payload can be written out from where it is.
    /// </summary>
    public static void WriteHead(
        Span<byte> destination,
        ReadOnlySpan<byte> request,
        ReadOnlySpan<byte> metadata,
        ReadOnlySpan<byte> payload)
    {
        Span<byte> head = destination[..Length(request.Length, metadata.Length, 0)];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt32BigEndian(head[4..], (uint)request.Length);
        BinaryPrimitives.WriteUInt32BigEndian(head[8..], (uint)metadata.Length);
        BinaryPrimitives.WriteUInt32BigEndian(head[12..], (uint)payload.Length);
        request.CopyTo(head[HeaderBytes..]);
        metadata.CopyTo(head[(HeaderBytes + request.Length)..]);
        Crc32C.Seal(head, payload, ChecksumAt);
    }

    /// <summary>Reads the frame at the start of <paramref name="bytes"/>.</summary>
    /// <param name="bytes">The segment from the frame's place on.</param>
    /// <param name="frame">The frame, when whole.</param>
    /// <param name="length">Its length when whole; when incomplete, the bytes that it
    /// takes.</param>
    public static FrameStatus TryRead(ReadOnlySpan<byte> bytes, out PayloadFrame frame, out int length)
    {
        frame = default;
        length = HeaderBytes;
        FrameStatus status = TryReadLengths(bytes, out PayloadFrameLengths lengths);
        if (status != FrameStatus.Whole) return status;
        length = lengths.Frame;
        if (bytes.Length < length) return FrameStatus.Incomplete;
        ReadOnlySpan<byte> whole = bytes[..length];
        if (!Crc32C.IsSealed(whole, ChecksumAt)) return FrameStatus.Damaged;
        frame = new PayloadFrame(
            whole.Slice(HeaderBytes, lengths.Request),
            whole.Slice(HeaderBytes + lengths.Request, lengths.Metadata),
            whole[lengths.Head..]);
        return FrameStatus.Whole;
    }

    /// <summary>
    /// Reads the lengths in a frame's header, so that its head can be read without its payload. The
    /// checksum is over all of the frame and says nothing yet.
    /// </summary>
    /// <param name="bytes">At least <see cref="HeaderBytes"/> from the frame's place on.</param>
    /// <param name="lengths">The lengths, when whole: within the limits of requests and metadata.
    /// </param>
    public static FrameStatus TryReadLengths(
        ReadOnlySpan<byte> bytes, out PayloadFrameLengths lengths)
    {
        lengths = default;
        if (bytes.Length < HeaderBytes) return FrameStatus.Incomplete;
        if (!bytes.StartsWith(Magic)) return FrameStatus.Damaged;
        ulong request = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        ulong metadata = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]);
        ulong payload = BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]);
        ulong total = HeaderBytes + request + metadata + payload;
        if (request > AppendRequest.MaxBytes || metadata > Limits.MetadataMaxBytes || total > int.MaxValue)
        {
            return FrameStatus.Damaged;
        }
        lengths = new PayloadFrameLengths((int)request, (int)metadata, (int)payload);
        return FrameStatus.Whole;
    }
}

/// <summary>What a payload frame's header says, in bytes.</summary>
/// <param name="Request">Of the encoded request.</param>
/// <param name="Metadata">Of the metadata block.</param>
/// <param name="Payload">Of the payload.</param>
public readonly record struct PayloadFrameLengths(int Request, int Metadata, int Payload)
{
    /// <summary>Header, request and metadata.</summary>
    public int Head => PayloadFrame.HeaderBytes + Request + Metadata;

    /// <summary>All of the frame.</summary>
    public int Frame => Head + Payload;
}
