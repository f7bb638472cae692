using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Sequencer.Enclave.Host.Identity;

/// <summary>A sealed identity as it is kept (docs/PROTOCOL.md section 19).</summary>
internal sealed class SealedIdentity
{
    /// <summary>Longest, in bytes.</summary>
    public const int BytesMax = BlobAt + BlobMaxBytes;

    /// <summary>Longest ciphertext blob, in bytes.</summary>
    public const int BlobMaxBytes = 6144;

    /// <summary>Bytes of an Ed25519 public key.</summary>
    public const int PublicKeyBytes = 32;

    /// <summary>Bytes of the encrypted seed and its tag.</summary>
    public const int SeedAndTagBytes = IdentityKey.SeedBytes + IdentityKey.TagBytes;

    private const byte Version = 1;
    private const int BlobLengthAt = 2;
    private const int PublicKeyAt = 4;
    private const int SeedAt = PublicKeyAt + PublicKeyBytes;
    private const int BlobAt = SeedAt + SeedAndTagBytes;

    private SealedIdentity(byte[] bytes) => Bytes = bytes;

    /// <summary>All of it.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The Ed25519 public key.</summary>
    public ReadOnlyMemory<byte> PublicKey => Bytes.Slice(PublicKeyAt, PublicKeyBytes);

    /// <summary>The encrypted seed, then the tag.</summary>
    public ReadOnlyMemory<byte> SeedAndTag => Bytes.Slice(SeedAt, SeedAndTagBytes);

    /// <summary>The data key as the key service keeps it.</summary>
    public ReadOnlyMemory<byte> Blob => Bytes[BlobAt..];

    /// <summary>Puts the parts together.</summary>
    /// <exception cref="ArgumentException">One of them has another length.</exception>
    public static SealedIdentity Create(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> seedAndTag, ReadOnlySpan<byte> blob)
    {
        var bytes = new byte[BlobAt + blob.Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(BlobLengthAt), (ushort)blob.Length);
        publicKey.CopyTo(bytes.AsSpan(PublicKeyAt));
        seedAndTag.CopyTo(bytes.AsSpan(SeedAt));
        blob.CopyTo(bytes.AsSpan(BlobAt));
        bool isWhole = publicKey.Length == PublicKeyBytes && seedAndTag.Length == SeedAndTagBytes;
        return isWhole && TryParse(bytes, out SealedIdentity? made)
            ? made
            : throw new ArgumentException("A part of a sealed identity has another length.");
    }

    /// <summary>Reads one; false for bytes that <see cref="Create"/> would not write.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SealedIdentity? identity)
    {
        identity = null;
        if (bytes.Length is <= BlobAt or > BytesMax) return false;
        if (bytes[0] != Version || bytes[1] != 0) return false;
        int blob = BinaryPrimitives.ReadUInt16BigEndian(bytes[BlobLengthAt..]);
        if (blob != bytes.Length - BlobAt) return false;
        identity = new SealedIdentity(bytes.ToArray());
        return true;
    }
}
