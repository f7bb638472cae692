using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Unicode;

namespace Sequencer.Enclave.Image.Signing;

/// <summary>
/// The P-384 certificate of who signs images. Whom it belongs to and whether it is valid is for
/// those who pin it by PCR8: nothing checks a chain.
/// </summary>
public sealed class SigningCertificate
{
    /// <summary>Longest certificate in PEM, in bytes.</summary>
    public const int PemBytesMax = 16 * 1024;

    private const string P384Oid = "1.3.132.0.34";

    private SigningCertificate(byte[] pem, byte[] der, X509Certificate2 certificate)
    {
        Pem = pem;
        Der = der;
        Subject = certificate.Subject;
        NotBefore = certificate.NotBefore.ToUniversalTime();
        NotAfter = certificate.NotAfter.ToUniversalTime();
    }

    /// <summary>The bytes that were read.</summary>
    public ReadOnlyMemory<byte> Pem { get; }

    /// <summary>The certificate itself, which PCR8 measures.</summary>
    public ReadOnlyMemory<byte> Der { get; }

    /// <summary>Whom it says that it belongs to.</summary>
    public string Subject { get; }

    /// <summary>Valid from, inclusive, in UTC.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>Valid until, inclusive, in UTC.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>Reads one PEM certificate; its key must be on P-384.</summary>
    public static bool TryParse(
        ReadOnlySpan<byte> pem, [NotNullWhen(true)] out SigningCertificate? certificate)
    {
        certificate = null;
        if (pem.Length > PemBytesMax || !Utf8.IsValid(pem)) return false;
        string text = Encoding.UTF8.GetString(pem);
        if (!PemEncoding.TryFind(text, out PemFields fields)) return false;
        if (text[fields.Label] != "CERTIFICATE") return false;
        // A second one could be taken for the signer's by who reads differently.
        if (PemEncoding.TryFind(text.AsSpan(fields.Location.End.Value), out _)) return false;
        try
        {
            byte[] der = Convert.FromBase64String(text[fields.Base64Data]);
            using X509Certificate2 loaded = X509CertificateLoader.LoadCertificate(der);
            // Bytes behind the certificate would change PCR8 but not what is read.
            if (!loaded.RawData.AsSpan().SequenceEqual(der)) return false;
            using ECDsa? key = loaded.GetECDsaPublicKey();
            if (key is null || key.ExportParameters(false).Curve.Oid.Value != P384Oid) return false;
            certificate = new SigningCertificate(pem.ToArray(), der, loaded);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Opens the public key; the caller disposes it.</summary>
    internal ECDsa OpenKey()
    {
        using X509Certificate2 loaded = X509CertificateLoader.LoadCertificate(Der.Span);
        return loaded.GetECDsaPublicKey()!;
    }
}
