using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Sequencer.Attestation.Tests.Nitro;

/// <summary>
/// A certificate to be made, right in every point until a test makes one point wrong. Written with
/// a plain DER writer, since a certificate library would refuse to write most of the wrong ones.
/// </summary>
internal sealed class TestCertificate(string subject, ECDsa key)
{
    public const string BasicConstraintsOid = "2.5.29.19";
    public const string KeyUsageOid = "2.5.29.15";
    public const int DigitalSignature = 0;
    public const int KeyCertSign = 5;

    private const string CommonNameOid = "2.5.4.3";

    public ECDsa Key { get; set; } = key;
    public string Subject { get; set; } = subject;

    /// <summary>Another issuer's name than that of the certificate before.</summary>
    public string? IssuerOverride { get; set; }

    public DateTimeOffset NotBefore { get; set; }
    public DateTimeOffset NotAfter { get; set; }
    public int Version { get; set; } = 2;
    public bool HasBasicConstraints { get; set; } = true;
    public bool BasicConstraintsCritical { get; set; } = true;
    public bool IsCa { get; set; }
    public int? PathLength { get; set; }
    public int[] KeyUsage { get; set; } = [];
    public List<(string Oid, bool Critical, byte[] Value)> MoreExtensions { get; } = [];
    public byte[] InnerAlgorithm { get; set; } = EcdsaWith("1.2.840.10045.4.3.3");
    public byte[] OuterAlgorithm { get; set; } = EcdsaWith("1.2.840.10045.4.3.3");
    public HashAlgorithmName Hash { get; set; } = HashAlgorithmName.SHA384;

    /// <summary>Another SubjectPublicKeyInfo than the key's.</summary>
    public byte[]? SpkiOverride { get; set; }

    /// <summary>Another encoded Name than the subject's.</summary>
    public byte[]? SubjectOverride { get; set; }

    /// <summary>Another encoded time than <see cref="NotAfter"/>.</summary>
    public byte[]? NotAfterOverride { get; set; }

    /// <summary>Changes the finished DER.</summary>
    public Func<byte[], byte[]> Edit { get; set; } = der => der;

    /// <summary>An AlgorithmIdentifier without parameters.</summary>
    public static byte[] EcdsaWith(string oid)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence()) writer.WriteObjectIdentifier(oid);
        return writer.Encode();
    }

    public byte[] Build(TestCertificate issuer)
    {
        byte[] tbs = BuildTbs(IssuerOverride ?? issuer.Subject);
        byte[] signature =
            issuer.Key.SignData(tbs, Hash, DSASignatureFormat.Rfc3279DerSequence);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(tbs);
            writer.WriteEncodedValue(OuterAlgorithm);
            writer.WriteBitString(signature);
        }
        return Edit(writer.Encode());
    }

    private byte[] BuildTbs(string issuer)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            if (Version > 0)
            {
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                {
                    writer.WriteInteger(Version);
                }
            }
            writer.WriteInteger(42);
            writer.WriteEncodedValue(InnerAlgorithm);
            WriteName(writer, issuer);
            using (writer.PushSequence())
            {
                writer.WriteUtcTime(NotBefore);
                if (NotAfterOverride is null) writer.WriteUtcTime(NotAfter);
                else writer.WriteEncodedValue(NotAfterOverride);
            }
            if (SubjectOverride is null) WriteName(writer, Subject);
            else writer.WriteEncodedValue(SubjectOverride);
            writer.WriteEncodedValue(SpkiOverride ?? Key.ExportSubjectPublicKeyInfo());
            if (Version == 2) WriteExtensions(writer);
        }
        return writer.Encode();
    }

    private static void WriteName(AsnWriter writer, string commonName)
    {
        using (writer.PushSequence())
        using (writer.PushSetOf())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(CommonNameOid);
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, commonName);
        }
    }

    private void WriteExtensions(AsnWriter writer)
    {
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3)))
        using (writer.PushSequence())
        {
            if (HasBasicConstraints)
            {
                WriteExtension(
                    writer, BasicConstraintsOid, BasicConstraintsCritical, BasicConstraints());
            }
            if (KeyUsage.Length > 0) WriteExtension(writer, KeyUsageOid, false, KeyUsageBits());
            foreach ((string oid, bool critical, byte[] value) in MoreExtensions)
            {
                WriteExtension(writer, oid, critical, value);
            }
        }
    }

    private static void WriteExtension(AsnWriter writer, string oid, bool critical, byte[] value)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            if (critical) writer.WriteBoolean(true);
            writer.WriteOctetString(value);
        }
    }

    private byte[] BasicConstraints()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            if (IsCa) writer.WriteBoolean(true);
            if (PathLength is { } length) writer.WriteInteger(length);
        }
        return writer.Encode();
    }

    private byte[] KeyUsageBits()
    {
        var bits = new System.Collections.BitArray(KeyUsage.Max() + 1);
        foreach (int bit in KeyUsage) bits[bit] = true;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteNamedBitList(bits);
        return writer.Encode();
    }
}
