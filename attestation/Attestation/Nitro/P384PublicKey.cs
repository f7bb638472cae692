using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sequencer.Attestation.Nitro;

/// <summary>A P-384 public key that checks ES384 signatures in the form r || s.</summary>
/// <remarks>
/// The platform takes the key out of the certificate in 0.1 ms, while an import of bare coordinates
/// takes 0.6 ms, more than a verification (0.44 ms): it multiplies the point by the curve's order,
/// which proves nothing more for P-384, whose cofactor is 1. Either way the point must be on the
/// curve. The certificate has been read as strict DER before, so both readers see the same key.
/// </remarks>
internal sealed class P384PublicKey : IDisposable
{
    /// <summary>Length of a coordinate, and of r and s, in bytes.</summary>
    public const int ScalarBytes = 48;

    private const byte Uncompressed = 0x04;

    private readonly ECDsa _key;

    private P384PublicKey(ECDsa key) => _key = key;

    /// <summary>
    /// Takes the key out of a certificate; false for another form than 0x04 || x || y and for a
    /// point off the curve.
    /// </summary>
    public static bool TryImport(
        NitroCertificate certificate, [NotNullWhen(true)] out P384PublicKey? key)
    {
        key = null;
        ReadOnlySpan<byte> point = certificate.PublicKeyPoint.Span;
        if (point.Length != 1 + (2 * ScalarBytes) || point[0] != Uncompressed) return false;
        try
        {
            using var loaded = X509CertificateLoader.LoadCertificate(certificate.Der.Span);
            if (loaded.GetECDsaPublicKey() is not { } ecdsa) return false;
            key = new P384PublicKey(ecdsa);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Checks a signature over the data's SHA-384. High s is valid.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        _key.VerifyData(
            data,
            signature,
            HashAlgorithmName.SHA384,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
