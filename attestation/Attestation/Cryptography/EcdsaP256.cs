using System.Security.Cryptography;

namespace Sequencer.Attestation.Cryptography;

/// <summary>
/// Verifies ECDSA signatures over P-256 with SHA-256 (FIPS 186-5), from keys and signatures in the
/// one DER form that an encoder writes.
/// </summary>
/// <remarks>
/// For every signature (r, s) also (r, n - s) is good: ECDSA has two forms of one signature, and
/// signers do not agree on one. Nothing may take a signature's bytes for an identity.
/// </remarks>
public static class EcdsaP256
{
    /// <summary>Length of a SubjectPublicKeyInfo with an uncompressed point, in bytes.</summary>
    public const int PublicKeyInfoBytes = 91;

    /// <summary>Longest DER signature, in bytes: two integers of 33 bytes.</summary>
    public const int MaxSignatureBytes = 72;

    private const int FieldBytes = 32;
    private const byte DerSequence = 0x30;
    private const byte DerInteger = 0x02;

    // The key of the last verification: most in a row are by one key, and to import it takes longer
    // than to verify (75 and 45 microseconds). Taken out for use, since an ECDsa is for one thread.
    private static ImportedKey? _spare;

    /// <summary>
    /// SEQUENCE { SEQUENCE { ecPublicKey, prime256v1 }, BIT STRING { 04 || x || y } } up to x
    /// (RFC 5480 section 2).
    /// </summary>
    private static ReadOnlySpan<byte> PublicKeyInfoPrefix =>
    [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];

    /// <summary>The DER of a key given as x || y, 64 bytes.</summary>
    public static byte[] EncodePublicKey(ReadOnlySpan<byte> point) =>
        point.Length == 2 * FieldBytes
            ? [.. PublicKeyInfoPrefix, .. point]
            : throw new ArgumentException("A point has 64 bytes.", nameof(point));

    /// <summary>True for the DER of a P-256 key, uncompressed, whose point is on the curve.
    /// </summary>
    public static bool IsAcceptablePublicKey(ReadOnlySpan<byte> publicKeyInfo)
    {
        using ECDsa? key = Import(publicKeyInfo);
        return key is not null;
    }

    /// <summary>
    /// True if the DER signature over SHA-256(<paramref name="message"/>) is good. False for any
    /// other input, a second encoding of a good signature among them.
    /// </summary>
    public static bool Verify(
        ReadOnlySpan<byte> publicKeyInfo, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        Span<byte> fixedSize = stackalloc byte[2 * FieldBytes];
        if (!TryReadSignature(signature, fixedSize)) return false;
        if (Take(publicKeyInfo) is not { } key) return false;
        bool holds = key.Value.VerifyData(
            message, fixedSize, HashAlgorithmName.SHA256,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        Interlocked.Exchange(ref _spare, key)?.Value.Dispose();
        return holds;
    }

    /// <summary>The spare key if it has these very bytes, or a new one.</summary>
    private static ImportedKey? Take(ReadOnlySpan<byte> publicKeyInfo)
    {
        ImportedKey? spare = Interlocked.Exchange(ref _spare, null);
        if (spare is not null && publicKeyInfo.SequenceEqual(spare.Info)) return spare;
        spare?.Value.Dispose();
        return Import(publicKeyInfo) is { } key ? new(publicKeyInfo.ToArray(), key) : null;
    }

    private static ECDsa? Import(ReadOnlySpan<byte> publicKeyInfo)
    {
        if (publicKeyInfo.Length != PublicKeyInfoBytes) return null;
        if (!publicKeyInfo.StartsWith(PublicKeyInfoPrefix)) return null;
        ReadOnlySpan<byte> point = publicKeyInfo[PublicKeyInfoPrefix.Length..];
        try
        {
            return ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = { X = point[..FieldBytes].ToArray(), Y = point[FieldBytes..].ToArray() },
            });
        }
        catch (CryptographicException)
        {
            // The platform's way to say that the point is not on the curve.
            return null;
        }
    }

    /// <summary>
    /// Reads SEQUENCE { INTEGER r, INTEGER s } into r || s. All lengths are below 128, so that each
    /// has one byte.
    /// </summary>
    private static bool TryReadSignature(ReadOnlySpan<byte> der, Span<byte> destination)
    {
        if (der.Length is < 2 or > MaxSignatureBytes) return false;
        if (der[0] != DerSequence || der[1] != der.Length - 2) return false;
        ReadOnlySpan<byte> rest = der[2..];
        return TryReadInteger(ref rest, destination[..FieldBytes])
            && TryReadInteger(ref rest, destination[FieldBytes..])
            && rest.IsEmpty;
    }

    /// <summary>Reads one positive integer in the least number of bytes.</summary>
    private static bool TryReadInteger(ref ReadOnlySpan<byte> rest, Span<byte> destination)
    {
        if (rest.Length < 3 || rest[0] != DerInteger) return false;
        int length = rest[1];
        if (length == 0 || length > rest.Length - 2) return false;
        ReadOnlySpan<byte> value = rest.Slice(2, length);
        rest = rest[(2 + length)..];

        if (value[0] >= 0x80) return false;
        if (value[0] == 0)
        {
            // A zero is written only in front of a set top bit.
            if (length == 1 || value[1] < 0x80) return false;
            value = value[1..];
        }
        if (value.Length > FieldBytes) return false;
        destination.Clear();
        value.CopyTo(destination[(FieldBytes - value.Length)..]);
        return true;
    }

    private sealed record ImportedKey(byte[] Info, ECDsa Value);
}
