using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sequencer.Enclave.Simulated;

/// <summary>
/// A P-384 key with its certificate, in the profile of AWS's: version 3, ecdsa-with-SHA384,
/// critical basicConstraints, keyUsage.
/// </summary>
internal sealed class DevelopmentCertificate : IDisposable
{
    private const int SerialBytes = 16;

    private readonly ECDsa _key;
    private readonly X500DistinguishedName _subject;

    private DevelopmentCertificate(ECDsa key, X500DistinguishedName subject, byte[] der)
    {
        _key = key;
        _subject = subject;
        Der = der;
    }

    /// <summary>The certificate.</summary>
    public byte[] Der { get; }

    /// <summary>
    /// Takes a root that was kept, which owns <paramref name="key"/> from now on.
    /// </summary>
    public static DevelopmentCertificate FromRoot(ECDsa key, byte[] der)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der);
        return new DevelopmentCertificate(key, certificate.SubjectName, der);
    }

    /// <summary>A new root over <paramref name="key"/>, signed by itself.</summary>
    public static DevelopmentCertificate CreateRoot(
        ECDsa key, string commonName, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        CertificateRequest request = Request(commonName, key, pathLength: null, isIssuer: true);
        byte[] der = Sign(request, request.SubjectName, key, notBefore, notAfter);
        return new DevelopmentCertificate(key, request.SubjectName, der);
    }

    /// <summary>An issuer below this one, with a key of its own.</summary>
    public DevelopmentCertificate IssueIssuer(
        string commonName, int pathLength, DateTimeOffset notBefore, DateTimeOffset notAfter) =>
        Issue(commonName, pathLength, isIssuer: true, notBefore, notAfter);

    /// <summary>A leaf, which signs documents and no certificates.</summary>
    public DevelopmentCertificate IssueLeaf(
        string commonName, DateTimeOffset notBefore, DateTimeOffset notAfter) =>
        Issue(commonName, pathLength: null, isIssuer: false, notBefore, notAfter);

    /// <summary>ES384: r || s, 96 bytes.</summary>
    public byte[] SignDocument(byte[] toBeSigned) =>
        _key.SignData(toBeSigned, HashAlgorithmName.SHA384);

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private DevelopmentCertificate Issue(
        string commonName,
        int? pathLength,
        bool isIssuer,
        DateTimeOffset notBefore,
        DateTimeOffset notAfter)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        CertificateRequest request = Request(commonName, key, pathLength, isIssuer);
        byte[] der = Sign(request, _subject, _key, notBefore, notAfter);
        return new DevelopmentCertificate(key, request.SubjectName, der);
    }

    private static CertificateRequest Request(
        string commonName, ECDsa key, int? pathLength, bool isIssuer)
    {
        var request = new CertificateRequest(
            $"CN={commonName}, O=Sequencer development", key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            isIssuer, pathLength is not null, pathLength ?? 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            isIssuer ? X509KeyUsageFlags.KeyCertSign : X509KeyUsageFlags.DigitalSignature,
            critical: isIssuer));
        return request;
    }

    private static byte[] Sign(
        CertificateRequest request,
        X500DistinguishedName issuer,
        ECDsa issuerKey,
        DateTimeOffset notBefore,
        DateTimeOffset notAfter)
    {
        byte[] serial = RandomNumberGenerator.GetBytes(SerialBytes);
        serial[0] &= 0x7F;
        using X509Certificate2 certificate = request.Create(
            issuer, X509SignatureGenerator.CreateForECDsa(issuerKey), notBefore, notAfter, serial);
        return certificate.RawData;
    }
}
