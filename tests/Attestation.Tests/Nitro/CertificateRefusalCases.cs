using System.Formats.Asn1;
using System.Security.Cryptography;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Tests.Nitro;

/// <summary>One broken rule of the certificates and signatures each.</summary>
internal static class CertificateRefusalCases
{
    private static readonly DateTimeOffset Now = TestNitroPki.Now;

    public static IEnumerable<RefusalCase> All => Certificates().Concat(Chain());

    private static IEnumerable<RefusalCase> Certificates()
    {
        yield return new("certificate not DER", AttestationRule.CertificateMalformed, d =>
            d.EditCertificates = c => c[^1] = [0x30, 0x80, 0x00, 0x00]);
        yield return new("certificate in PEM", AttestationRule.CertificateMalformed, d =>
            d.EditCertificates = c => c[^1] =
                System.Text.Encoding.ASCII.GetBytes(PemEncoding.Write("CERTIFICATE", c[^1])));
        yield return new("default written in DER", AttestationRule.CertificateMalformed, d =>
            d.Pki.Leaf.MoreExtensions.Add(
                (TestCertificate.BasicConstraintsOid, true, [0x30, 0x03, 0x01, 0x01, 0x00])),
            d => d.Pki.Leaf.HasBasicConstraints = false);
        yield return new("fractions of a second", AttestationRule.CertificateMalformed, d =>
            d.Pki.Leaf.NotAfterOverride =
                [0x18, 0x11, .. System.Text.Encoding.ASCII.GetBytes("20270101000000.1Z")]);
        for (int i = 1; i < 5; i++)
        {
            int at = i;
            yield return new($"byte after {i}", AttestationRule.CertificateTrailingBytes, d =>
                d.Pki.Chain[at].Edit = der => [.. der, 0]);
            yield return new($"version 1 in {i}", AttestationRule.CertificateVersion,
                d => d.Pki.Chain[at].Version = 0);
            yield return new($"version 2 in {i}", AttestationRule.CertificateVersion,
                d => d.Pki.Chain[at].Version = 1);
            yield return new($"SHA-256 in {i}", AttestationRule.CertificateSignatureAlgorithm, d =>
            {
                byte[] sha256 = TestCertificate.EcdsaWith("1.2.840.10045.4.3.2");
                d.Pki.Chain[at].InnerAlgorithm = sha256;
                d.Pki.Chain[at].OuterAlgorithm = sha256;
                d.Pki.Chain[at].Hash = HashAlgorithmName.SHA256;
            });
            yield return new($"SHA-256 inside {i}", AttestationRule.CertificateSignatureAlgorithm,
                d => d.Pki.Chain[at].InnerAlgorithm =
                    TestCertificate.EcdsaWith("1.2.840.10045.4.3.2"));
            yield return new($"SHA-256 outside {i}", AttestationRule.CertificateSignatureAlgorithm,
                d => d.Pki.Chain[at].OuterAlgorithm =
                    TestCertificate.EcdsaWith("1.2.840.10045.4.3.2"));
            yield return new($"P-256 in {i}", AttestationRule.CertificateCurve, d =>
                d.Pki.Chain[at].SpkiOverride =
                    ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportSubjectPublicKeyInfo());
            yield return new($"RSA in {i}", AttestationRule.CertificateCurve, d =>
                d.Pki.Chain[at].SpkiOverride = RSA.Create(2048).ExportSubjectPublicKeyInfo());
            yield return new($"off the curve in {i}", AttestationRule.CertificateKey, d =>
                d.Pki.Chain[at].SpkiOverride = OffTheCurve(d.Pki.Chain[at].Key));
            yield return new($"keyUsage twice in {i}", AttestationRule.DuplicateExtension, d =>
                d.Pki.Chain[at].MoreExtensions.Add(
                    (TestCertificate.KeyUsageOid, false, [0x03, 0x02, 0x07, 0x80])));
            yield return new($"unknown critical in {i}", AttestationRule.UnknownCriticalExtension,
                d => d.Pki.Chain[at].MoreExtensions.Add(("2.5.29.30", true, [0x30, 0x00])));
            yield return new($"extendedKeyUsage in {i}", AttestationRule.ExtendedKeyUsage, d =>
                d.Pki.Chain[at].MoreExtensions.Add(("2.5.29.37", false, [0x30, 0x00])));
            yield return new($"no basicConstraints in {i}", AttestationRule.BasicConstraints,
                d => d.Pki.Chain[at].HasBasicConstraints = false);
            yield return new($"basicConstraints loose in {i}", AttestationRule.BasicConstraints,
                d => d.Pki.Chain[at].BasicConstraintsCritical = false);
        }
    }

    private static IEnumerable<RefusalCase> Chain()
    {
        yield return new("another root", AttestationRule.RootNotTrusted, d =>
            d.EditCertificates = c => c[0] = d.Pki.Root.Build(d.Pki.Root));
        yield return new("root last", AttestationRule.RootNotTrusted, d =>
            d.EditCertificates = c => c.Reverse(0, 4));
        yield return new("no root", AttestationRule.RootNotTrusted, d =>
            d.EditCertificates = c => c.RemoveAt(0));
        yield return new("issuers swapped", AttestationRule.IssuerMismatch, d =>
            d.EditCertificates = c => c.Reverse(1, 2));
        yield return new("issuer missing", AttestationRule.IssuerMismatch, d =>
            d.EditCertificates = c => c.RemoveAt(2));
        yield return new("junk certificate", AttestationRule.IssuerMismatch, d =>
            d.EditCertificates = c => c.Insert(1, c[3]));
        yield return new("root names another issuer", AttestationRule.IssuerMismatch, d =>
            d.Pki.Root.IssuerOverride = "another");
        for (int i = 0; i < 4; i++)
        {
            int at = i;
            yield return new($"issuer {i} is no CA", AttestationRule.BasicConstraints, d =>
            {
                d.Pki.Chain[at].IsCa = false;
                d.Pki.Chain[at].PathLength = null;
            });
            yield return new($"issuer {i} without keyUsage", AttestationRule.KeyUsage, d =>
                d.Pki.Chain[at].KeyUsage = []);
            yield return new($"issuer {i} without keyCertSign", AttestationRule.KeyUsage, d =>
                d.Pki.Chain[at].KeyUsage = [TestCertificate.DigitalSignature]);
            if (i == 3) continue;
            yield return new($"path too long for {i}", AttestationRule.PathLength, d =>
                d.Pki.Chain[at].PathLength = 2 - at);
        }
        for (int i = 0; i < 5; i++)
        {
            int at = i;
            yield return new($"{i} expired", AttestationRule.CertificateExpired, d =>
                d.Pki.Chain[at].NotAfter = Now.AddSeconds(-1));
            yield return new($"{i} not yet valid", AttestationRule.CertificateNotYetValid, d =>
                d.Pki.Chain[at].NotBefore = Now.AddSeconds(1));
            if (i == 0) continue;
            yield return new($"{i} signed by another", AttestationRule.CertificateSignature, d =>
                d.EditCertificates = c => c[at] = ForgedBy(d.Pki, at));
        }
        yield return new("CA as leaf", AttestationRule.LeafIsCa, d => d.Pki.Leaf.IsCa = true);
        yield return new("leaf without digitalSignature", AttestationRule.KeyUsage, d =>
            d.Pki.Leaf.KeyUsage = [1]);
        yield return new("leaf without keyUsage", AttestationRule.KeyUsage, d =>
            d.Pki.Leaf.KeyUsage = []);
        yield return new("leaf with keyCertSign", AttestationRule.KeyUsage, d =>
            d.Pki.Leaf.KeyUsage = [TestCertificate.DigitalSignature, TestCertificate.KeyCertSign]);
        foreach (string subject in new[]
        {
            "i-0-enc0.test-1.aws", TestNitroDocument.ModuleId,
            TestNitroDocument.ModuleId + ".aws", TestNitroDocument.ModuleId + "..aws",
            TestNitroDocument.ModuleId + ".a.b.aws", TestNitroDocument.ModuleId + ".test-1.com",
            TestNitroDocument.ModuleId + "0.test-1.aws",
        })
        {
            yield return new($"leaf named {subject}", AttestationRule.LeafSubject, d =>
                d.Pki.Leaf.Subject = subject);
        }
        yield return new("names out of order", AttestationRule.LeafSubject, d =>
            d.Pki.Leaf.SubjectOverride = Name(
                [.. Attribute([0x55, 4, 3], d.Pki.Leaf.Subject), .. Attribute([0x55, 4, 10], "o")]));
        foreach (byte[] identifier in (byte[][])
            [[.. Enumerable.Repeat((byte)1, 64)], [.. Enumerable.Repeat((byte)0xff, 18), 0x7f]])
        {
            yield return new(
                $"name by {identifier.Length} bytes", AttestationRule.LeafSubject, d =>
                d.Pki.Leaf.SubjectOverride = Name(
                    Attribute(identifier, "o"), Attribute([0x55, 4, 3], d.Pki.Leaf.Subject)));
        }
        yield return new("zeros as a certificate's signature", AttestationRule.CertificateSignature,
            d => d.EditCertificates = c => c[^1] = WithoutSignature(c[^1]));
        yield return new("signed by another key", AttestationRule.CoseSignature, d =>
            d.Pki.Leaf.SpkiOverride = d.Pki.Instance.Key.ExportSubjectPublicKeyInfo());
        yield return new("s before r", AttestationRule.CoseSignature, d =>
            d.EditSignature = s => [.. s[48..], .. s[..48]]);
        yield return new("zero signature", AttestationRule.CoseSignature, d =>
            d.EditSignature = s => new byte[96]);
        yield return new("signature of ones", AttestationRule.CoseSignature, d =>
            d.EditSignature = s => [.. Enumerable.Repeat((byte)0xff, 96)]);
    }

    /// <summary>A Name of sets of attributes, each at most 127 bytes.</summary>
    private static byte[] Name(params byte[][] sets)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (byte[] set in sets) writer.WriteEncodedValue([0x31, (byte)set.Length, .. set]);
        }
        return writer.Encode();
    }

    private static byte[] Attribute(byte[] identifier, string text)
    {
        byte[] value = [0x0c, (byte)text.Length, .. System.Text.Encoding.ASCII.GetBytes(text)];
        byte[] both = [0x06, (byte)identifier.Length, .. identifier, .. value];
        return [0x30, (byte)both.Length, .. both];
    }

    /// <summary>The certificate with r and s zero.</summary>
    private static byte[] WithoutSignature(byte[] certificate)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        AsnReader signed = new AsnReader(certificate, AsnEncodingRules.DER).ReadSequence();
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(signed.ReadEncodedValue().Span);
            writer.WriteEncodedValue(signed.ReadEncodedValue().Span);
            writer.WriteBitString([0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00]);
        }
        return writer.Encode();
    }

    private static byte[] OffTheCurve(ECDsa key)
    {
        byte[] spki = key.ExportSubjectPublicKeyInfo();
        spki[^1] ^= 1;
        return spki;
    }

    private static byte[] ForgedBy(TestNitroPki pki, int index)
    {
        TestCertificate issuer = pki.Chain[index - 1];
        var forger = new TestCertificate(
            issuer.Subject, ECDsa.Create(ECCurve.NamedCurves.nistP384));
        return pki.Chain[index].Build(forger);
    }
}
