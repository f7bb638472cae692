using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Sequencer.Attestation.Cryptography;

/// <summary>
/// Verifies Ed25519 signatures (RFC 8032 section 5.1.7, pure, cofactorless) through libcrypto.
/// </summary>
/// <remarks>
/// Stricter than libcrypto, so that a key can be held to one message and a signature has one form.
/// Checked here, before any native call:
/// <list type="number">
/// <item>S is below the group order L; S + L would verify too (RFC 8032 section 8.4).</item>
/// <item>y of the public key A and of R is below p = 2^255 - 19. Libcrypto reduces A modulo p, so
/// that a second encoding of a key would pass as another key.</item>
/// <item>A and R are not of small order. With A among those points one signature fits many
/// messages; libcrypto takes such keys. An honest R is never there.</item>
/// </list>
/// That a point lies on the curve is libcrypto's check. A key with a small-order part beside its
/// large one is not refused: only its own holder can make one.
/// </remarks>
public static unsafe class Ed25519
{
    /// <summary>Length of a public key, in bytes.</summary>
    public const int PublicKeyBytes = 32;

    /// <summary>Length of a signature, R || S, in bytes.</summary>
    public const int SignatureBytes = 64;

    /// <summary>EVP_PKEY_ED25519.</summary>
    private const int KeyType = 1087;

    private static readonly delegate* unmanaged<int, nint, byte*, nint, nint> NewPublicKey =
        (delegate* unmanaged<int, nint, byte*, nint, nint>)
            Libcrypto.Find("EVP_PKEY_new_raw_public_key");

    private static readonly delegate* unmanaged<nint, void> FreeKey =
        (delegate* unmanaged<nint, void>)Libcrypto.Find("EVP_PKEY_free");

    private static readonly delegate* unmanaged<nint> NewContext =
        (delegate* unmanaged<nint>)Libcrypto.Find("EVP_MD_CTX_new");

    private static readonly delegate* unmanaged<nint, void> FreeContext =
        (delegate* unmanaged<nint, void>)Libcrypto.Find("EVP_MD_CTX_free");

    private static readonly delegate* unmanaged<nint, nint, nint, nint, nint, int> VerifyInit =
        (delegate* unmanaged<nint, nint, nint, nint, nint, int>)
            Libcrypto.Find("EVP_DigestVerifyInit");

    private static readonly delegate* unmanaged<nint, byte*, nint, byte*, nint, int> VerifyFinal =
        (delegate* unmanaged<nint, byte*, nint, byte*, nint, int>)
            Libcrypto.Find("EVP_DigestVerify");

    private static readonly delegate* unmanaged<void> ClearErrors =
        (delegate* unmanaged<void>)Libcrypto.Find("ERR_clear_error");

    /// <summary>True where libcrypto 3 was found; elsewhere nothing can be verified.</summary>
    public static bool IsAvailable { get; } =
        NewPublicKey != null && FreeKey != null && NewContext != null && FreeContext != null
        && VerifyInit != null && VerifyFinal != null && ClearErrors != null;

    /// <summary>
    /// p = 2^255 - 19, little endian in 64-bit words, as all constants here.
    /// </summary>
    private static ReadOnlySpan<ulong> FieldPrime =>
        [0xffffffffffffffed, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff];

    /// <summary>L = 2^252 + 27742317777372353535851937790883648493.</summary>
    private static ReadOnlySpan<ulong> GroupOrder =>
        [0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000];

    /// <summary>
    /// y of the eight points of small order: 0 (order 4, both signs), 1 (the neutral point), -1
    /// (order 2) and the two solutions of d y^4 + 2 y^2 = 1 with either sign of x (order 8, whose
    /// doubles have y = 0). Without regard to the sign bit this also covers the encodings of 1 and
    /// -1 with a negative zero for x; encodings with y + p fail the comparison with p.
    /// </summary>
    internal static ReadOnlySpan<ulong> SmallOrderY =>
    [
        0, 0, 0, 0,
        1, 0, 0, 0,
        0xffffffffffffffec, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff,
        0xb027b2c28f95e826, 0xf098eff289f4c345, 0x3933c6d305acdfd5, 0x05fc536d880238b1,
        0x4fd84d3d706a17c7, 0x0f67100d760b3cba, 0xc6cc392cfa53202a, 0x7a03ac9277fdc74e,
    ];

    /// <summary>
    /// True for 32 bytes that this class would verify with: canonical and not of small order.
    /// </summary>
    public static bool IsAcceptablePublicKey(ReadOnlySpan<byte> publicKey) =>
        publicKey.Length == PublicKeyBytes && IsAcceptablePoint(publicKey);

    /// <summary>
    /// True if the signature over <paramref name="message"/> is good. False for any other input,
    /// wrong lengths among them.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">See <see cref="IsAvailable"/>.</exception>
    public static bool Verify(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        if (!IsAvailable)
        {
            throw new PlatformNotSupportedException("Ed25519 needs libcrypto 3 (OpenSSL).");
        }
        return IsAcceptablePublicKey(publicKey)
            && signature.Length == SignatureBytes
            && IsAcceptablePoint(signature[..32])
            && IsBelow(signature[32..], GroupOrder, topMask: ulong.MaxValue)
            && VerifyNative(publicKey, message, signature);
    }

    /// <summary>Libcrypto's own answer, for lengths already checked.</summary>
    internal static bool VerifyNative(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        nint key = 0, context = 0;
        // EVP_DigestVerify takes no null pointer for an empty message on every version.
        byte none = 0;
        fixed (byte* k = publicKey, s = signature, m = message)
        {
            try
            {
                key = NewPublicKey(KeyType, 0, k, publicKey.Length);
                context = NewContext();
                if (context == 0) throw new CryptographicException("EVP_MD_CTX_new failed.");
                bool good = key != 0
                    && VerifyInit(context, 0, 0, 0, key) == 1
                    && VerifyFinal(
                        context, s, signature.Length, m == null ? &none : m, message.Length) == 1;
                // A refusal leaves entries in the thread's queue, where the platform's own calls
                // would find them.
                if (!good) ClearErrors();
                return good;
            }
            finally
            {
                FreeContext(context);
                FreeKey(key);
            }
        }
    }

    private static bool IsAcceptablePoint(ReadOnlySpan<byte> point)
    {
        const ulong WithoutSign = ulong.MaxValue >> 1;
        if (!IsBelow(point, FieldPrime, WithoutSign)) return false;
        ReadOnlySpan<ulong> small = SmallOrderY;
        for (int i = 0; i < small.Length; i += 4)
        {
            bool equal = true;
            for (int word = 0; word < 4; word++)
            {
                equal &= Word(point, word, WithoutSign) == small[i + word];
            }
            if (equal) return false;
        }
        return true;
    }

    private static bool IsBelow(ReadOnlySpan<byte> value, ReadOnlySpan<ulong> limit, ulong topMask)
    {
        for (int word = 3; word >= 0; word--)
        {
            ulong w = Word(value, word, topMask);
            if (w != limit[word]) return w < limit[word];
        }
        return false;
    }

    /// <summary>One of four little-endian words; the mask is for the top one.</summary>
    private static ulong Word(ReadOnlySpan<byte> value, int word, ulong topMask)
    {
        ulong w = BinaryPrimitives.ReadUInt64LittleEndian(value[(8 * word)..]);
        return word == 3 ? w & topMask : w;
    }
}
