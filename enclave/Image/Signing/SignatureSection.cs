using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Enclave.Image.Signing;

/// <summary>Why a signature section is not the signature of its image.</summary>
public enum SignatureFault
{
    /// <summary>Not the CBOR that a signature section is.</summary>
    Format,

    /// <summary>Its certificate is not one P-384 certificate in PEM.</summary>
    Certificate,

    /// <summary>It signs another PCR0 than the image's.</summary>
    Pcr0,

    /// <summary>The signature does not verify under the certificate's key.</summary>
    Signature,
}

/// <summary>
/// The signature section of an image: CBOR <c>[{"signing_certificate": [bytes of the PEM],
/// "signature": [bytes of a COSE_Sign1]}]</c>. The COSE_Sign1 (RFC 9052 section 4.2) is untagged,
/// ES384, and its payload is <c>{"register_index": 0, "register_value": [48 bytes of PCR0]}</c>;
/// byte arrays in brackets are arrays of integers.
/// </summary>
public static class SignatureSection
{
    private const int CoseBytesMax = 1024;
    private const int SignatureBytes = 96;

    /// <summary>{1: -35}: ES384.</summary>
    private static ReadOnlySpan<byte> ProtectedHeader => [0xa1, 0x01, 0x38, 0x22];

    /// <summary>
    /// Checks that a section signs an image; null if it does. The certificate is whatever the image
    /// brings: PCR8 says which.
    /// </summary>
    /// <param name="section">The section's data.</param>
    /// <param name="pcr0">The image's own.</param>
    /// <param name="certificate">The signer's, as soon as it can be read.</param>
    public static SignatureFault? Verify(
        ReadOnlySpan<byte> section,
        ReadOnlySpan<byte> pcr0,
        out SigningCertificate? certificate)
    {
        certificate = null;
        if (!TryDecode(section, out byte[]? pem, out byte[]? cose)) return SignatureFault.Format;
        if (!SigningCertificate.TryParse(pem, out certificate)) return SignatureFault.Certificate;
        byte[] payload = Payload(pcr0);
        if (!TryOpen(cose, out byte[]? signed, out byte[]? signature))
        {
            return SignatureFault.Format;
        }
        if (!signed.AsSpan().SequenceEqual(payload)) return SignatureFault.Pcr0;
        using ECDsa key = certificate.OpenKey();
        return key.VerifyData(ToBeSigned(payload), signature, HashAlgorithmName.SHA384)
            ? null
            : SignatureFault.Signature;
    }

    internal static byte[] Payload(ReadOnlySpan<byte> pcr0) => new SignatureCbor()
        .StartMap(2)
        .Text("register_index").Integer(0)
        .Text("register_value").Integers(pcr0)
        .ToArray();

    internal static byte[] ToBeSigned(ReadOnlySpan<byte> payload) => new SignatureCbor()
        .StartArray(4).Text("Signature1").Bytes(ProtectedHeader).Bytes([]).Bytes(payload)
        .ToArray();

    internal static byte[] Encode(
        ReadOnlySpan<byte> pem, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> signature)
    {
        byte[] cose = new SignatureCbor()
            .StartArray(4).Bytes(ProtectedHeader).StartMap(0).Bytes(payload).Bytes(signature)
            .ToArray();
        return new SignatureCbor()
            .StartArray(1).StartMap(2)
            .Text("signing_certificate").Integers(pem)
            .Text("signature").Integers(cose)
            .ToArray();
    }

    private static bool TryDecode(
        ReadOnlySpan<byte> section,
        [NotNullWhen(true)] out byte[]? pem,
        [NotNullWhen(true)] out byte[]? cose)
    {
        cose = null;
        pem = null;
        var reader = new StrictCborReader(section);
        return reader.TryReadArrayStart(1, false, out CborSequence signatures)
            && signatures.Count == 1
            && reader.TryReadMapStart(2, false, out CborSequence members)
            && members.Count == 2
            && TryReadKey(ref reader, "signing_certificate"u8)
            && TryReadIntegers(ref reader, SigningCertificate.PemBytesMax, out pem)
            && TryReadKey(ref reader, "signature"u8)
            && TryReadIntegers(ref reader, CoseBytesMax, out cose)
            && reader.TryReadEnd();
    }

    private static bool TryOpen(
        ReadOnlySpan<byte> cose,
        [NotNullWhen(true)] out byte[]? payload,
        [NotNullWhen(true)] out byte[]? signature)
    {
        payload = null;
        signature = null;
        var reader = new StrictCborReader(cose);
        if (!reader.TryReadArrayStart(4, false, out CborSequence items) || items.Count != 4
            || !reader.TryReadByteString(ProtectedHeader.Length, out ReadOnlySpan<byte> header)
            || !header.SequenceEqual(ProtectedHeader)
            || !reader.TryReadMapStart(0, false, out _)
            || !reader.TryReadByteString(CoseBytesMax, out ReadOnlySpan<byte> content)
            || !reader.TryReadByteString(SignatureBytes, out ReadOnlySpan<byte> signed)
            || signed.Length != SignatureBytes
            || !reader.TryReadEnd())
        {
            return false;
        }
        payload = content.ToArray();
        signature = signed.ToArray();
        return true;
    }

    private static bool TryReadKey(ref StrictCborReader reader, ReadOnlySpan<byte> key) =>
        reader.TryReadTextString(key.Length, out ReadOnlySpan<byte> text)
            && text.SequenceEqual(key);

    private static bool TryReadIntegers(
        ref StrictCborReader reader, int max, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (!reader.TryReadArrayStart(max, false, out CborSequence elements)) return false;
        var read = new byte[elements.Count];
        for (int i = 0; i < read.Length; i++)
        {
            if (!reader.TryReadUInt64(out ulong value) || value > byte.MaxValue) return false;
            read[i] = (byte)value;
        }
        bytes = read;
        return true;
    }
}
