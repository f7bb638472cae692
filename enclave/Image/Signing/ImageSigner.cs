using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Sequencer.Enclave.Image.Signing;

/// <summary>
/// Signs images with a P-384 key. ECDSA is randomised: the same image is signed differently each
/// time, so that only unsigned images are the same bytes in every build. The measurements are the
/// same either way.
/// </summary>
public sealed class ImageSigner : IDisposable
{
    private readonly ECDsa _key;

    private ImageSigner(SigningCertificate certificate, ECDsa key)
    {
        Certificate = certificate;
        _key = key;
    }

    /// <summary>Who signs.</summary>
    public SigningCertificate Certificate { get; }

    /// <summary>Opens a signer. When false, <paramref name="fault"/> says why.</summary>
    /// <param name="certificatePem">A P-384 certificate.</param>
    /// <param name="keyPem">Its private key, SEC 1 or PKCS #8, not encrypted.</param>
    /// <param name="signer">The signer; the caller disposes it.</param>
    /// <param name="fault">One sentence for people.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> certificatePem,
        ReadOnlySpan<char> keyPem,
        [NotNullWhen(true)] out ImageSigner? signer,
        [NotNullWhen(false)] out string? fault)
    {
        signer = null;
        fault = "The signing certificate is not one P-384 certificate in PEM.";
        if (!SigningCertificate.TryParse(certificatePem, out var certificate)) return false;
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(keyPem);
            using ECDsa publicKey = certificate.OpenKey();
            fault = "The signing key is not the certificate's.";
            if (key.ExportSubjectPublicKeyInfo().AsSpan()
                .SequenceEqual(publicKey.ExportSubjectPublicKeyInfo()))
            {
                signer = new ImageSigner(certificate, key);
                fault = null;
                return true;
            }
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            fault = "The signing key is not one unencrypted private key of a curve in PEM.";
        }
        key.Dispose();
        return false;
    }

    /// <summary>The signature section of an image with this PCR0.</summary>
    public byte[] Sign(ReadOnlySpan<byte> pcr0)
    {
        byte[] payload = SignatureSection.Payload(pcr0);
        byte[] signature = _key.SignData(
            SignatureSection.ToBeSigned(payload), HashAlgorithmName.SHA384);
        return SignatureSection.Encode(Certificate.Pem.Span, payload, signature);
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
