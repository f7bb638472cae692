using System.Collections.Immutable;

namespace Sequencer.Attestation.Nitro;

/// <summary>
/// The certificates of a document from the pinned root to the leaf, walked in the one order that
/// the device sends: nothing is searched for, fetched or left out.
/// </summary>
internal readonly struct CertificateChain
{
    private const string LeafSuffix = ".aws";

    private readonly NitroCertificate[] _certificates;

    private CertificateChain(NitroCertificate[] certificates) => _certificates = certificates;

    /// <summary>The certificate whose key signs the document.</summary>
    public NitroCertificate Leaf => _certificates[^1];

    /// <summary>Reads the chain and checks all but times and signatures.</summary>
    public static AttestationRefusal? Parse(
        UnverifiedAttestation document, TrustedRoot root, out CertificateChain chain)
    {
        chain = default;
        ImmutableArray<ReadOnlyMemory<byte>> bundle = document.CaBundle;
        if (!bundle[0].Span.SequenceEqual(root.Der.Span))
        {
            return new AttestationRefusal(
                AttestationRule.RootNotTrusted,
                $"cabundle[0] = {root}",
                Cryptography.Sha256.Hash(bundle[0].Span).ToHex());
        }
        var certificates = new NitroCertificate[bundle.Length + 1];
        for (int i = 0; i < certificates.Length; i++)
        {
            ReadOnlyMemory<byte> der = i < bundle.Length ? bundle[i] : document.Certificate;
            AttestationRefusal? refusal =
                NitroCertificate.Parse(der, Name(i, bundle.Length), out certificates[i]);
            if (refusal is not null) return refusal;
        }
        chain = new CertificateChain(certificates);
        return chain.CheckIssuers() ?? chain.CheckLeaf(document.ModuleId);
    }

    /// <summary>Checks every certificate's validity at one time, both ends inclusive.</summary>
    public AttestationRefusal? CheckValidAt(DateTimeOffset time)
    {
        for (int i = 0; i < _certificates.Length; i++)
        {
            NitroCertificate certificate = _certificates[i];
            if (time < certificate.NotBefore)
            {
                return Refuse(
                    i,
                    AttestationRule.CertificateNotYetValid,
                    $"a time from {certificate.NotBefore:O}",
                    $"{time:O}");
            }
            if (time > certificate.NotAfter)
            {
                return Refuse(
                    i,
                    AttestationRule.CertificateExpired,
                    $"a time up to {certificate.NotAfter:O}",
                    $"{time:O}");
            }
        }
        return null;
    }

    /// <summary>Checks the document's signature with the leaf's key.</summary>
    public AttestationRefusal? VerifyDocument(CoseSign1 envelope) => Verify(
        _certificates.Length - 1,
        envelope.ToBeSigned(),
        envelope.Signature.Span,
        AttestationRule.CoseSignature,
        "the document");

    /// <summary>
    /// Checks each certificate's signature with its issuer's key, but the root's: that one is
    /// pinned byte for byte, to which its signature of itself adds nothing.
    /// </summary>
    public AttestationRefusal? VerifyCertificates()
    {
        for (int i = 1; i < _certificates.Length; i++)
        {
            NitroCertificate certificate = _certificates[i];
            AttestationRefusal? refusal = Verify(
                i - 1,
                certificate.Tbs.Span,
                certificate.Signature,
                AttestationRule.CertificateSignature,
                NameOf(i));
            if (refusal is not null) return refusal;
        }
        return null;
    }

    private AttestationRefusal? CheckIssuers()
    {
        int issuerCount = _certificates.Length - 1;
        for (int i = 0; i < _certificates.Length; i++)
        {
            NitroCertificate certificate = _certificates[i];
            NitroCertificate issuer = _certificates[Math.Max(0, i - 1)];
            if (!certificate.Issuer.Span.SequenceEqual(issuer.Subject.Span))
            {
                return Refuse(
                    i, AttestationRule.IssuerMismatch, "the subject before as issuer", "another");
            }
            if (!certificate.HasCriticalBasicConstraints)
            {
                return Refuse(
                    i, AttestationRule.BasicConstraints, "critical basicConstraints", "none");
            }
            if (i == issuerCount) break;
            if (CheckIssuer(i, issuerCount - 1 - i) is { } refusal) return refusal;
        }
        return null;
    }

    private AttestationRefusal? CheckIssuer(int index, int issuersBelow)
    {
        NitroCertificate issuer = _certificates[index];
        if (!issuer.IsCa)
        {
            return Refuse(index, AttestationRule.BasicConstraints, "CA true", "CA false");
        }
        if (issuer.PathLength < issuersBelow)
        {
            return Refuse(
                index,
                AttestationRule.PathLength,
                $"at most {issuer.PathLength} issuers below it",
                $"{issuersBelow}");
        }
        return issuer.CanSignCertificates
            ? null
            : Refuse(index, AttestationRule.KeyUsage, "keyUsage keyCertSign", "none");
    }

    private AttestationRefusal? CheckLeaf(string moduleId)
    {
        int index = _certificates.Length - 1;
        if (Leaf.IsCa) return Refuse(index, AttestationRule.LeafIsCa, "CA false", "CA true");
        if (!Leaf.CanSign || Leaf.CanSignCertificates)
        {
            return Refuse(
                index, AttestationRule.KeyUsage, "digitalSignature without keyCertSign", "others");
        }
        string? commonName = CommonName.Find(Leaf.Subject);
        return commonName is not null && IsOfModule(commonName, moduleId)
            ? null
            : Refuse(
                index,
                AttestationRule.LeafSubject,
                $"common name {moduleId}.region{LeafSuffix}",
                commonName ?? "none");
    }

    /// <summary>module_id.region.aws, the region being letters, digits and hyphens.</summary>
    private static bool IsOfModule(string commonName, string moduleId)
    {
        string prefix = moduleId + ".";
        if (!commonName.StartsWith(prefix, StringComparison.Ordinal)) return false;
        if (!commonName.EndsWith(LeafSuffix, StringComparison.Ordinal)) return false;
        int regionLength = commonName.Length - prefix.Length - LeafSuffix.Length;
        if (regionLength < 1) return false;
        foreach (char c in commonName.AsSpan(prefix.Length, regionLength))
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-') return false;
        }
        return true;
    }

    private AttestationRefusal? Verify(
        int keyIndex,
        ReadOnlySpan<byte> data,
        ReadOnlySpan<byte> signature,
        AttestationRule rule,
        string what)
    {
        if (!P384PublicKey.TryImport(_certificates[keyIndex], out var key))
        {
            return Refuse(
                keyIndex, AttestationRule.CertificateKey, "an uncompressed point on P-384", "none");
        }
        using (key)
        {
            return key.Verify(data, signature)
                ? null
                : new AttestationRefusal(
                    rule, $"{what} signed by {NameOf(keyIndex)}", "a signature that fails");
        }
    }

    private AttestationRefusal Refuse(
        int index, AttestationRule rule, string expected, string actual) =>
        new(rule, $"{NameOf(index)}: {expected}", actual);

    private string NameOf(int index) => Name(index, _certificates.Length - 1);

    private static string Name(int index, int bundleCount) =>
        index < bundleCount ? $"cabundle[{index}]" : "the leaf";
}
