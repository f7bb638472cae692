using System.Buffers.Binary;

namespace Sequencer.Attestation.Nitro;

/// <summary>
/// The envelope of an attestation document: COSE_Sign1 (RFC 9052 section 4.2) with ES384, an
/// attached payload and no unprotected header. The signature is not checked here.
/// </summary>
internal readonly struct CoseSign1
{
    private const ulong Sign1Tag = 18;
    private const int ItemCount = 4;

    private CoseSign1(ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> signature)
    {
        Payload = payload;
        Signature = signature;
    }

    /// <summary>The bytes that are signed, within the document.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>r || s, 48 bytes each, within the document.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>{1: -35}: the algorithm is ES384 and nothing else is said.</summary>
    private static ReadOnlySpan<byte> ProtectedHeader => [0xa1, 0x01, 0x38, 0x22];

    /// <summary>Opens a document; null when every rule of the envelope holds.</summary>
    public static AttestationRefusal? Parse(ReadOnlyMemory<byte> document, out CoseSign1 cose)
    {
        cose = default;
        var reader = new StrictCborReader(document.Span);
        if (ReadStart(ref reader) is { } refused) return refused;
        if (ReadHeaders(ref reader) is { } badHeader) return badHeader;
        if (ReadPayload(ref reader, out int payloadLength) is { } badPayload) return badPayload;
        ReadOnlyMemory<byte> payload =
            document.Slice(reader.Position - payloadLength, payloadLength);
        if (ReadSignature(ref reader) is { } badSignature) return badSignature;
        ReadOnlyMemory<byte> signature = document.Slice(
            reader.Position - AttestationLimits.SignatureBytes, AttestationLimits.SignatureBytes);
        if (!reader.TryReadEnd()) return Refuse(reader.Fault, "the end of the document");
        cose = new CoseSign1(payload, signature);
        return null;
    }

    /// <summary>The bytes under the signature: Sig_structure, RFC 9052 section 4.4.</summary>
    public byte[] ToBeSigned()
    {
        ReadOnlySpan<byte> start =
            [0x84, 0x6a, .. "Signature1"u8, 0x44, .. ProtectedHeader, 0x40];
        Span<byte> head = stackalloc byte[3];
        int headLength = WriteByteStringHead(head, Payload.Length);
        return [.. start, .. head[..headLength], .. Payload.Span];
    }

    private static int WriteByteStringHead(Span<byte> head, int length)
    {
        if (length < 24)
        {
            head[0] = (byte)(0x40 | length);
            return 1;
        }
        if (length <= byte.MaxValue)
        {
            head[0] = 0x58;
            head[1] = (byte)length;
            return 2;
        }
        head[0] = 0x59;
        BinaryPrimitives.WriteUInt16BigEndian(head[1..], checked((ushort)length));
        return 3;
    }

    private static AttestationRefusal? ReadStart(ref StrictCborReader reader)
    {
        if (reader.TryPeekKind(out CborKind kind) && kind == CborKind.Tag)
        {
            if (!reader.TryReadTag(out ulong tag)) return Refuse(reader.Fault, "a tag");
            if (tag != Sign1Tag) return RefuseTag($"tag {tag}");
            if (reader.TryPeekKind(out kind) && kind == CborKind.Tag) return RefuseTag("two tags");
        }
        if (!reader.TryReadArrayStart(ItemCount, false, out CborSequence items))
        {
            return Refuse(reader.Fault, "an array of four items");
        }
        return items.Count == ItemCount
            ? null
            : new AttestationRefusal(
                AttestationRule.CoseShape, "an array of four items", $"{items.Count} items");
    }

    private static AttestationRefusal? ReadHeaders(ref StrictCborReader reader)
    {
        if (!reader.TryReadByteString(AttestationLimits.DocumentBytesMax, out var header))
        {
            return Refuse(reader.Fault, "the protected header as a byte string");
        }
        if (!header.SequenceEqual(ProtectedHeader))
        {
            return new AttestationRefusal(
                AttestationRule.ProtectedHeader,
                Convert.ToHexStringLower(ProtectedHeader) + " (ES384)",
                header.Length <= 64 ? Convert.ToHexStringLower(header) : $"{header.Length} bytes");
        }
        if (reader.TryReadMapStart(0, false, out _)) return null;
        return reader.Fault == CborFault.Truncated
            ? Refuse(reader.Fault, "the unprotected header")
            : new AttestationRefusal(
                AttestationRule.UnprotectedHeader, "an empty map", "another item");
    }

    private static AttestationRefusal? ReadPayload(ref StrictCborReader reader, out int length)
    {
        length = 0;
        if (reader.TryReadNull()) return RefusePayload("null");
        if (!reader.TryReadByteString(AttestationLimits.PayloadBytesMax, out var payload))
        {
            return CborRefusal.From(
                reader.Fault,
                $"the payload, at most {AttestationLimits.PayloadBytesMax} bytes",
                AttestationRule.CoseShape,
                AttestationRule.PayloadSize);
        }
        length = payload.Length;
        return length == 0 ? RefusePayload("no bytes") : null;
    }

    private static AttestationRefusal? ReadSignature(ref StrictCborReader reader)
    {
        if (!reader.TryReadByteString(AttestationLimits.DocumentBytesMax, out var signature))
        {
            return Refuse(reader.Fault, "the signature as a byte string");
        }
        return signature.Length == AttestationLimits.SignatureBytes
            ? null
            : new AttestationRefusal(
                AttestationRule.SignatureLength, "96 bytes", $"{signature.Length} bytes");
    }

    private static AttestationRefusal RefuseTag(string actual) =>
        new(AttestationRule.CoseTag, "no tag or one tag 18", actual);

    private static AttestationRefusal RefusePayload(string actual) =>
        new(AttestationRule.PayloadMissing, "an attached payload", actual);

    private static AttestationRefusal Refuse(CborFault fault, string what) =>
        CborRefusal.From(fault, what, AttestationRule.CoseShape, AttestationRule.CoseShape);
}
