using System.Security.Cryptography;
using Sequencer.Attestation;
using Sequencer.Enclave.Core;

namespace Sequencer.Enclave.Host;

/// <summary>
/// The keys of one epoch: made at the start of an enclave, never exported, cleared on disposal.
/// </summary>
/// <remarks>
/// Both private keys live in libcrypto's memory alone, and are drawn from its random generator.
/// That generator is seeded by the kernel; before the first key is drawn it is reseeded with the
/// NSM's bytes too (RAND_add: the primary generator reseeds at once, the ones that keys are drawn
/// from reseed because it did). So the keys, the nonce and the nonces of ECDSA signatures are
/// unpredictable if either source is; a bad NSM can take nothing away from a good kernel.
/// </remarks>
public sealed class EpochSigningKeys : IDisposable
{
    /// <summary>Bytes taken from the NSM: twice the strength of the generator's seed.</summary>
    private const int NsmRandomBytes = 64;

    private const int Ed25519PublicKeyBytes = 32;
    private const int Ed25519SignatureBytes = 64;

    private readonly ECDsa _p256;
    private readonly Libcrypto.KeyHandle _ed25519;

    private EpochSigningKeys()
    {
        _p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _ed25519 = Libcrypto.GenerateEd25519();
        var ed25519PublicKey = new byte[Ed25519PublicKeyBytes];
        Libcrypto.ReadEd25519PublicKey(_ed25519, ed25519PublicKey);
        ECPoint point = _p256.ExportParameters(includePrivateParameters: false).Q;
        var nonce = new Digest(RandomNumberGenerator.GetBytes(Digest.Size));
        Public = new EpochKeys(ed25519PublicKey, (byte[])[.. point.X!, .. point.Y!], nonce);
    }

    /// <summary>The public keys and the nonce, as the epoch's statement holds them.</summary>
    public EpochKeys Public { get; }

    /// <summary>The P-256 key as DER SubjectPublicKeyInfo, 91 bytes.</summary>
    public byte[] SubjectPublicKeyInfo => _p256.ExportSubjectPublicKeyInfo();

    /// <summary>Makes the keys of an epoch.</summary>
    /// <exception cref="NsmException">The device gave no random bytes.</exception>
    public static EpochSigningKeys Generate(INsm nsm)
    {
        Span<byte> random = stackalloc byte[NsmRandomBytes];
        try
        {
            nsm.GetRandom(random);
            Libcrypto.AddRandom(random);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(random);
        }
        return new EpochSigningKeys();
    }

    /// <summary>ECDSA over SHA-256 of the message, ASN.1 DER.</summary>
    public byte[] SignEcdsa(ReadOnlySpan<byte> message) => _p256.SignData(
        message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    /// <summary>Ed25519 over the message, 64 bytes.</summary>
    public byte[] SignEd25519(ReadOnlySpan<byte> message)
    {
        var signature = new byte[Ed25519SignatureBytes];
        Libcrypto.SignEd25519(_ed25519, message, signature);
        return signature;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _p256.Dispose();
        _ed25519.Dispose();
    }
}
