using System.Security.Cryptography;
using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Host.Identity;

/// <summary>
/// A log's stable identity, unsealed: the key that witnesses know which know no epochs
/// (docs/PROTOCOL.md section 16, "The stable identity"). Cleared on disposal.
/// </summary>
internal sealed class IdentityKey : IDisposable
{
    /// <summary>Bytes of an Ed25519 seed.</summary>
    public const int SeedBytes = 32;

    /// <summary>Bytes of a tag of AES-GCM.</summary>
    public const int TagBytes = 16;

    private const int SignatureBytes = 64;

    // A data key encrypts one seed, ever: the nonce need not differ.
    private const int NonceBytes = 12;

    private static readonly byte[] Domain = "seq-identity/v1\0"u8.ToArray();

    private readonly Libcrypto.KeyHandle _key;

    private IdentityKey(Libcrypto.KeyHandle key, SealedIdentity kept)
    {
        _key = key;
        Sealed = kept;
    }

    /// <summary>The same, sealed.</summary>
    public SealedIdentity Sealed { get; }

    /// <summary>Draws a new identity for a log and seals it.</summary>
    /// <param name="logId">The log.</param>
    /// <param name="arn">The key over the data key.</param>
    /// <param name="dataKey">A data key that encrypted nothing yet.</param>
    public static IdentityKey Create(Digest logId, KmsKeyArn arn, DataKey dataKey)
    {
        Span<byte> seed = stackalloc byte[SeedBytes];
        try
        {
            RandomNumberGenerator.Fill(seed);
            Libcrypto.KeyHandle key = Libcrypto.ImportEd25519(seed);
            var publicKey = new byte[SealedIdentity.PublicKeyBytes];
            Libcrypto.ReadEd25519PublicKey(key, publicKey);
            var seedAndTag = new byte[SealedIdentity.SeedAndTagBytes];
            using (var aes = new AesGcm(dataKey.Plain, TagBytes))
            {
                aes.Encrypt(
                    new byte[NonceBytes],
                    seed,
                    seedAndTag.AsSpan(0, SeedBytes),
                    seedAndTag.AsSpan(SeedBytes),
                    AssociatedData(logId, arn, publicKey));
            }
            return new IdentityKey(
                key, SealedIdentity.Create(publicKey, seedAndTag, dataKey.Blob));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>
    /// Opens a sealed one; null if it was sealed for another log, under another key, or changed.
    /// </summary>
    /// <param name="kept">What was sealed.</param>
    /// <param name="logId">The log.</param>
    /// <param name="arn">The key over the data key.</param>
    /// <param name="dataKey">The data key, 32 bytes.</param>
    public static IdentityKey? TryOpen(
        SealedIdentity kept, Digest logId, KmsKeyArn arn, ReadOnlySpan<byte> dataKey)
    {
        Span<byte> seed = stackalloc byte[SeedBytes];
        try
        {
            using (var aes = new AesGcm(dataKey, TagBytes))
            {
                aes.Decrypt(
                    new byte[NonceBytes],
                    kept.SeedAndTag.Span[..SeedBytes],
                    kept.SeedAndTag.Span[SeedBytes..],
                    seed,
                    AssociatedData(logId, arn, kept.PublicKey.Span));
            }
            Libcrypto.KeyHandle key = Libcrypto.ImportEd25519(seed);
            Span<byte> publicKey = stackalloc byte[SealedIdentity.PublicKeyBytes];
            Libcrypto.ReadEd25519PublicKey(key, publicKey);
            if (publicKey.SequenceEqual(kept.PublicKey.Span)) return new IdentityKey(key, kept);
            key.Dispose();
            return null;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Ed25519 over the message, 64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> message)
    {
        var signature = new byte[SignatureBytes];
        Libcrypto.SignEd25519(_key, message, signature);
        return signature;
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static byte[] AssociatedData(
        Digest logId, KmsKeyArn arn, ReadOnlySpan<byte> publicKey) =>
        [.. Domain, .. logId.AsSpan(), .. publicKey, .. Encoding.ASCII.GetBytes(arn.Text)];
}
