using System.Buffers.Binary;

namespace Sequencer.Attestation.Log;

/// <summary>
/// An entry as it came, written before it is sequenced (docs/PROTOCOL.md section 15). What can be
/// erased of it, salt and payload, stands at its end.
/// </summary>
public readonly ref struct PayloadFrame
{
    /// <summary>Bytes before the request.</summary>
    public const int HeaderBytes = 20;

    private const int ErasedAt = 2;
    private const int SaltedAt = 3;
    private const int ChecksumAt = 16;

    private PayloadFrame(ReadOnlySpan<byte> whole, PayloadFrameLengths lengths)
    {
        Request = whole.Slice(HeaderBytes, lengths.Request);
        Metadata = whole[(HeaderBytes + lengths.Request)..lengths.Head];
        Salt = whole.Slice(lengths.Head, lengths.Salt);
        Payload = whole[(lengths.Head + lengths.Salt)..];
        IsErased = lengths.IsErased;
    }

    /// <summary>The encoded request (section 3).</summary>
    public ReadOnlySpan<byte> Request { get; }

    /// <summary>The metadata block (section 2).</summary>
    public ReadOnlySpan<byte> Metadata { get; }

    /// <summary>The salt of the commitment, 32 bytes; empty where it has none.</summary>
    public ReadOnlySpan<byte> Salt { get; }

    /// <summary>The payload.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>True if salt and payload were erased: zeros stand in their place.</summary>
    public bool IsErased { get; }

    /// <summary>Length of a frame, in bytes.</summary>
    public static int Length(
        int requestLength, int metadataLength, int payloadLength, int saltLength = 0) =>
        HeaderBytes + requestLength + metadataLength + saltLength + payloadLength;

    /// <summary>Writes a frame of <see cref="Length"/> bytes.</summary>
    public static void Write(
        Span<byte> destination,
        ReadOnlySpan<byte> request,
        ReadOnlySpan<byte> metadata,
        ReadOnlySpan<byte> payload,
        ReadOnlySpan<byte> salt = default)
    {
        Span<byte> frame = destination[
            ..Length(request.Length, metadata.Length, payload.Length, salt.Length)];
        payload.CopyTo(frame[^payload.Length..]);
        WriteHead(frame, request, metadata, payload, salt);
    }

    /// <summary>
    /// Writes a frame up to its payload, <see cref="Length"/> for an empty one, so that a large
    /// payload can be written out from where it is.
    /// </summary>
    public static void WriteHead(
        Span<byte> destination,
        ReadOnlySpan<byte> request,
        ReadOnlySpan<byte> metadata,
        ReadOnlySpan<byte> payload,
        ReadOnlySpan<byte> salt = default)
    {
        if (salt.Length is not 0 and not Limits.SaltBytes)
        {
            throw new ArgumentException($"A salt has {Limits.SaltBytes} bytes.", nameof(salt));
        }
        Span<byte> head = destination[
            ..Length(request.Length, metadata.Length, payloadLength: 0, salt.Length)];
        (salt.IsEmpty ? "SQP1"u8 : "SQP2"u8).CopyTo(head);
        BinaryPrimitives.WriteUInt32BigEndian(head[4..], (uint)request.Length);
        BinaryPrimitives.WriteUInt32BigEndian(head[8..], (uint)metadata.Length);
        BinaryPrimitives.WriteUInt32BigEndian(head[12..], (uint)payload.Length);
        request.CopyTo(head[HeaderBytes..]);
        metadata.CopyTo(head[(HeaderBytes + request.Length)..]);
        salt.CopyTo(head[^salt.Length..]);
        Crc32C.Seal(head, payload, ChecksumAt);
    }

    /// <summary>
    /// Makes a frame erased: as long as before, with the same request and metadata. What stands in
    /// the place of salt and payload does not matter, nor does the checksum, so that an erasure
    /// which was cut short can be done again.
    /// </summary>
    /// <exception cref="ArgumentException">The header is none, or of another length.</exception>
    public static void Erase(Span<byte> frame)
    {
        if (TryReadLengths(frame, out PayloadFrameLengths lengths) != FrameStatus.Whole
            || lengths.Frame != frame.Length)
        {
            throw new ArgumentException("Not the bytes of one frame.", nameof(frame));
        }
        frame[ErasedAt] = (byte)'X';
        frame[lengths.Head..].Clear();
        Crc32C.Seal(frame, ChecksumAt);
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
        if (lengths.IsErased && whole[lengths.Head..].ContainsAnyExcept((byte)0))
        {
            return FrameStatus.Damaged;
        }
        frame = new PayloadFrame(whole, lengths);
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
        if (!bytes.StartsWith("SQ"u8)
            || bytes[ErasedAt] is not ((byte)'P' or (byte)'X')
            || bytes[SaltedAt] is not ((byte)'1' or (byte)'2'))
        {
            return FrameStatus.Damaged;
        }
        int salt = bytes[SaltedAt] == '2' ? Limits.SaltBytes : 0;
        ulong request = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        ulong metadata = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]);
        ulong payload = BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]);
        ulong total = HeaderBytes + request + metadata + (ulong)salt + payload;
        if (request > AppendRequest.MaxBytes || metadata > Limits.MetadataMaxBytes || total > int.MaxValue)
        {
            return FrameStatus.Damaged;
        }
        lengths = new PayloadFrameLengths(
            (int)request, (int)metadata, salt, (int)payload, bytes[ErasedAt] == 'X');
        return FrameStatus.Whole;
    }
}

/// <summary>What a payload frame's header says, in bytes.</summary>
/// <param name="Request">Of the encoded request.</param>
/// <param name="Metadata">Of the metadata block.</param>
/// <param name="Salt">Of the salt; 0 or 32.</param>
/// <param name="Payload">Of the payload.</param>
/// <param name="IsErased">True if salt and payload are zeros.</param>
public readonly record struct PayloadFrameLengths(
    int Request, int Metadata, int Salt, int Payload, bool IsErased)
{
    /// <summary>Header, request and metadata: what an erasure leaves.</summary>
    public int Head => PayloadFrame.HeaderBytes + Request + Metadata;

    /// <summary>All of the frame.</summary>
    public int Frame => Head + Salt + Payload;
}
