using System.Collections;
using System.Formats.Asn1;

namespace Sequencer.Attestation.Nitro;

/// <summary>
/// One X.509 certificate (RFC 5280), read as strict DER into the facts that the rules ask for.
/// Version, algorithms, curve and extensions are already checked here; issuance is not.
/// </summary>
internal sealed class NitroCertificate
{
    private const string BasicConstraintsOid = "2.5.29.19";
    private const string KeyUsageOid = "2.5.29.15";
    private const string ExtendedKeyUsageOid = "2.5.29.37";
    private const int Version3 = 2;
    private const int UtcTimeYearMax = 2049;
    private const int WholeTimeBytes = 15; // YYYYMMDDhhmmssZ
    private const int DigitalSignatureBit = 0;
    private const int KeyCertSignBit = 5;

    private readonly string _name;
    private ReadOnlyMemory<byte> _innerAlgorithm;
    private ReadOnlyMemory<byte> _outerAlgorithm;
    private ReadOnlyMemory<byte> _keyAlgorithm;
    private int _version;

    private NitroCertificate(ReadOnlyMemory<byte> der, string name)
    {
        Der = der;
        _name = name;
    }

    /// <summary>The whole certificate.</summary>
    public ReadOnlyMemory<byte> Der { get; }

    /// <summary>The signed part.</summary>
    public ReadOnlyMemory<byte> Tbs { get; private set; }

    /// <summary>r || s, 48 bytes each.</summary>
    public byte[] Signature { get; } = new byte[2 * P384PublicKey.ScalarBytes];

    /// <summary>The issuer's Name, encoded.</summary>
    public ReadOnlyMemory<byte> Issuer { get; private set; }

    /// <summary>The subject's Name, encoded.</summary>
    public ReadOnlyMemory<byte> Subject { get; private set; }

    /// <summary>Inclusive.</summary>
    public DateTimeOffset NotBefore { get; private set; }

    /// <summary>Inclusive.</summary>
    public DateTimeOffset NotAfter { get; private set; }

    /// <summary>The subject's key as an encoded point.</summary>
    public ReadOnlyMemory<byte> PublicKeyPoint { get; private set; }

    /// <summary>basicConstraints is there and critical.</summary>
    public bool HasCriticalBasicConstraints { get; private set; }

    /// <summary>basicConstraints says CA.</summary>
    public bool IsCa { get; private set; }

    /// <summary>pathLenConstraint, where there is one.</summary>
    public int? PathLength { get; private set; }

    /// <summary>keyUsage has digitalSignature.</summary>
    public bool CanSign { get; private set; }

    /// <summary>keyUsage has keyCertSign.</summary>
    public bool CanSignCertificates { get; private set; }

    /// <summary>ecdsa-with-SHA384, without parameters (RFC 5758).</summary>
    private static ReadOnlySpan<byte> EcdsaWithSha384 =>
        [0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];

    /// <summary>id-ecPublicKey with the named curve secp384r1 (RFC 5480).</summary>
    private static ReadOnlySpan<byte> EcKeyOnP384 =>
    [
        0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
        0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22,
    ];

    /// <summary>Reads a certificate; null when it keeps the rules that need no other.</summary>
    /// <param name="der">The whole certificate.</param>
    /// <param name="name">What to call it in a refusal.</param>
    /// <param name="certificate">The certificate; meaningless after a refusal.</param>
    public static AttestationRefusal? Parse(
        ReadOnlyMemory<byte> der, string name, out NitroCertificate certificate)
    {
        certificate = new NitroCertificate(der, name);
        try
        {
            return certificate.Read();
        }
        catch (AsnContentException e)
        {
            // The one place where the ASN.1 reader's exceptions become a refusal.
            string found = e.Message.TrimEnd('.');
            return certificate.Refuse(AttestationRule.CertificateMalformed, "DER", found);
        }
    }

    private AttestationRefusal? Read()
    {
        var outer = new AsnReader(Der, AsnEncodingRules.DER);
        AsnReader certificate = outer.ReadSequence();
        if (outer.HasData)
        {
            return Refuse(AttestationRule.CertificateTrailingBytes, "its end", "more bytes");
        }
        Tbs = certificate.PeekEncodedValue();
        AsnReader tbs = certificate.ReadSequence();
        _outerAlgorithm = certificate.ReadEncodedValue();
        ReadSignature(ReadWholeBytes(certificate));
        certificate.ThrowIfNotEmpty();
        ReadUpToKey(tbs);
        return CheckVersionAndAlgorithms() ?? ReadExtensions(tbs);
    }

    private void ReadUpToKey(AsnReader tbs)
    {
        var versionTag = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
        if (tbs.PeekTag().HasSameClassAndValue(versionTag))
        {
            AsnReader version = tbs.ReadSequence(versionTag);
            if (!version.TryReadInt32(out _version)) throw new AsnContentException("Bad version.");
            version.ThrowIfNotEmpty();
        }
        tbs.ReadIntegerBytes(); // The serial number names nothing here: there is no revocation.
        _innerAlgorithm = tbs.ReadEncodedValue();
        Issuer = tbs.ReadEncodedValue();
        AsnReader validity = tbs.ReadSequence();
        NotBefore = ReadTime(validity);
        NotAfter = ReadTime(validity);
        validity.ThrowIfNotEmpty();
        Subject = tbs.ReadEncodedValue();
        AsnReader key = tbs.ReadSequence();
        _keyAlgorithm = key.ReadEncodedValue();
        PublicKeyPoint = ReadWholeBytes(key);
        key.ThrowIfNotEmpty();
    }

    private AttestationRefusal? CheckVersionAndAlgorithms()
    {
        if (_version != Version3)
        {
            return Refuse(AttestationRule.CertificateVersion, "version 3", $"{_version + 1L}");
        }
        if (!_innerAlgorithm.Span.SequenceEqual(EcdsaWithSha384)
            || !_outerAlgorithm.Span.SequenceEqual(EcdsaWithSha384))
        {
            return Refuse(
                AttestationRule.CertificateSignatureAlgorithm, "ecdsa-with-SHA384", "another");
        }
        return _keyAlgorithm.Span.SequenceEqual(EcKeyOnP384)
            ? null
            : Refuse(AttestationRule.CertificateCurve, "an EC key on P-384", "another");
    }

    private AttestationRefusal? ReadExtensions(AsnReader tbs)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (!tbs.HasData) return null;
        var tag = new Asn1Tag(TagClass.ContextSpecific, 3, isConstructed: true);
        AsnReader explicitTag = tbs.ReadSequence(tag);
        tbs.ThrowIfNotEmpty();
        AsnReader extensions = explicitTag.ReadSequence();
        explicitTag.ThrowIfNotEmpty();
        while (extensions.HasData)
        {
            AsnReader extension = extensions.ReadSequence();
            string oid = extension.ReadObjectIdentifier();
            bool isCritical = ReadCritical(extension);
            byte[] value = extension.ReadOctetString();
            extension.ThrowIfNotEmpty();
            if (!seen.Add(oid))
            {
                return Refuse(AttestationRule.DuplicateExtension, "each extension once", oid);
            }
            if (ReadExtension(oid, isCritical, value) is { } refusal) return refusal;
        }
        return null;
    }

    private AttestationRefusal? ReadExtension(string oid, bool isCritical, byte[] value)
    {
        var reader = new AsnReader(value, AsnEncodingRules.DER);
        switch (oid)
        {
            case BasicConstraintsOid:
                HasCriticalBasicConstraints = isCritical;
                ReadBasicConstraints(reader);
                return null;
            case KeyUsageOid:
                BitArray bits = reader.ReadNamedBitList();
                reader.ThrowIfNotEmpty();
                CanSign = bits.Length > DigitalSignatureBit && bits[DigitalSignatureBit];
                CanSignCertificates = bits.Length > KeyCertSignBit && bits[KeyCertSignBit];
                return null;
            case ExtendedKeyUsageOid:
                return Refuse(AttestationRule.ExtendedKeyUsage, "no extendedKeyUsage", "one");
            default:
                return isCritical
                    ? Refuse(AttestationRule.UnknownCriticalExtension, "none but two", oid)
                    : null;
        }
    }

    private void ReadBasicConstraints(AsnReader reader)
    {
        AsnReader fields = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        if (!fields.HasData) return;
        IsCa = ReadCritical(fields);
        if (!fields.HasData) return;
        // RFC 5280 section 4.2.1.9: a path length without CA has no meaning.
        if (!IsCa || !fields.TryReadInt32(out int length) || length < 0)
        {
            throw new AsnContentException("Bad basicConstraints.");
        }
        fields.ThrowIfNotEmpty();
        PathLength = length;
    }

    /// <summary>BOOLEAN DEFAULT FALSE: DER writes only true (X.690 section 11.5).</summary>
    private static bool ReadCritical(AsnReader reader)
    {
        if (!reader.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean)) return false;
        return reader.ReadBoolean() ? true : throw new AsnContentException("A default is written.");
    }

    /// <summary>Whole seconds in UTC (RFC 5280 section 4.1.2.5).</summary>
    private static DateTimeOffset ReadTime(AsnReader reader)
    {
        if (reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime))
        {
            return reader.ReadUtcTime(UtcTimeYearMax);
        }
        return reader.PeekContentBytes().Length == WholeTimeBytes
            ? reader.ReadGeneralizedTime()
            : throw new AsnContentException("Not a time in whole seconds.");
    }

    private static byte[] ReadWholeBytes(AsnReader reader)
    {
        byte[] bytes = reader.ReadBitString(out int unusedBits);
        return unusedBits == 0 ? bytes : throw new AsnContentException("Bits are missing.");
    }

    /// <summary>Ecdsa-Sig-Value (RFC 3279 section 2.2.3) to r || s.</summary>
    private void ReadSignature(byte[] der)
    {
        var outer = new AsnReader(der, AsnEncodingRules.DER);
        AsnReader reader = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        ReadScalar(reader, Signature.AsSpan(0, P384PublicKey.ScalarBytes));
        ReadScalar(reader, Signature.AsSpan(P384PublicKey.ScalarBytes));
        reader.ThrowIfNotEmpty();
    }

    private static void ReadScalar(AsnReader reader, Span<byte> destination)
    {
        ReadOnlySpan<byte> scalar = reader.ReadIntegerBytes().Span;
        if ((scalar[0] & 0x80) != 0) throw new AsnContentException("A signature is negative.");
        if (scalar[0] == 0) scalar = scalar[1..];
        if (scalar.Length > destination.Length) throw new AsnContentException("It is too long.");
        scalar.CopyTo(destination[^scalar.Length..]);
    }

    private AttestationRefusal Refuse(AttestationRule rule, string expected, string actual) =>
        new(rule, $"{_name}: {expected}", actual);
}
