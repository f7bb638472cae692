using System.Security.Cryptography;

namespace Sequencer.Attestation.Cryptography;

/// <summary>
/// SHA-256 (FIPS 180-4) of one, two or three spans as one message.
/// </summary>
/// <remarks>
/// The log hashes hundreds of bytes at a time, where the platform's one-shot call spends most of
/// its time on set-up. Where libcrypto is at hand its SHA256_Init/Update/Final are called directly
/// and without a GC transition (five times as fast on 64 bytes); elsewhere, and for long input, the
/// platform's own implementation serves. Both give the same bytes; a test compares them. Figures:
/// docs/decisions/014-sha-256-without-a-transition.md.
/// </remarks>
public static unsafe class Sha256
{
    /// <summary>
    /// Longest input hashed without a GC transition, in bytes: 2 microseconds, or 6 without the
    /// processor's instructions for it. A collection waits for that long.
    /// </summary>
    private const int ShortInputMaxBytes = 4096;

    /// <summary>
    /// Size of OpenSSL's SHA256_CTX, in bytes (112), rounded up with room to spare.
    /// </summary>
    private const int ContextBytes = 128;

    private static readonly delegate* unmanaged[SuppressGCTransition]<byte*, int> Init =
        (delegate* unmanaged[SuppressGCTransition]<byte*, int>)Libcrypto.Find("SHA256_Init");

    private static readonly delegate* unmanaged[SuppressGCTransition]<byte*, byte*, nint, int>
        Update = (delegate* unmanaged[SuppressGCTransition]<byte*, byte*, nint, int>)
            Libcrypto.Find("SHA256_Update");

    private static readonly delegate* unmanaged[SuppressGCTransition]<byte*, byte*, int> Final =
        (delegate* unmanaged[SuppressGCTransition]<byte*, byte*, int>)
            Libcrypto.Find("SHA256_Final");

    /// <summary>True where libcrypto's functions are used.</summary>
    public static bool IsNative { get; } = Init != null && Update != null && Final != null;

    /// <summary>SHA-256 of <paramref name="data"/>.</summary>
    public static Digest Hash(ReadOnlySpan<byte> data) => Hash(data, default, default);

    /// <summary>SHA-256 of <paramref name="first"/> || <paramref name="second"/>.</summary>
    public static Digest Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) =>
        Hash(first, second, default);

    /// <summary>
    /// SHA-256 of <paramref name="first"/> || <paramref name="second"/> || <paramref name="third"/>.
    /// </summary>
    public static Digest Hash(
        ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        long length = (long)first.Length + second.Length + third.Length;
        return IsNative && length <= ShortInputMaxBytes
            ? HashNative(first, second, third)
            : HashManaged(first, second, third);
    }

    /// <summary>The platform's implementation: the fallback, and the oracle in tests.</summary>
    internal static Digest HashManaged(
        ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        Span<byte> digest = stackalloc byte[Digest.Size];
        if (second.IsEmpty && third.IsEmpty)
        {
            SHA256.HashData(first, digest);
            return new Digest(digest);
        }
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(first);
        hash.AppendData(second);
        hash.AppendData(third);
        hash.GetHashAndReset(digest);
        return new Digest(digest);
    }

    private static Digest HashNative(
        ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        byte* context = stackalloc byte[ContextBytes];
        Digest digest = default;
        fixed (byte* a = first, b = second, c = third)
        {
            Init(context);
            Update(context, a, first.Length);
            if (second.Length > 0) Update(context, b, second.Length);
            if (third.Length > 0) Update(context, c, third.Length);
            Final((byte*)&digest, context);
        }
        return digest;
    }
}
