using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sequencer.Enclave.Image.Signing;

namespace Sequencer.Image.Tests;

/// <summary>A certificate and its key in PEM, made for a test.</summary>
internal sealed class TestSigner
{
    public TestSigner(ECCurve? curve = null)
    {
        using ECDsa key = ECDsa.Create(curve ?? ECCurve.NamedCurves.nistP384);
        var request = new CertificateRequest("CN=image signer", key, HashAlgorithmName.SHA384);
        var from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using X509Certificate2 certificate = request.CreateSelfSigned(from, from.AddYears(1));
        CertificatePem = TestImage.Utf8(certificate.ExportCertificatePem() + "\n");
        Der = certificate.RawData;
        KeyPem = key.ExportPkcs8PrivateKeyPem();
    }

    public byte[] CertificatePem { get; }

    public byte[] Der { get; }

    public string KeyPem { get; }

    public ImageSigner Open()
    {
        Assert.True(
            ImageSigner.TryOpen(CertificatePem, KeyPem, out ImageSigner? signer, out _));
        return signer;
    }
}
