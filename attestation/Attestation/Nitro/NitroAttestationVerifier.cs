namespace Sequencer.Attestation.Nitro;

/// <summary>
/// Verifies attestation documents of AWS Nitro Enclaves. Never throws on any document: a document
/// that breaks a rule is refused, and the first broken rule is named.
/// </summary>
/// <remarks>
/// In order: form of envelope and payload; root, certificates and their times; the document's
/// signature; the certificates' signatures; PCR policy; nonce or age. Cheap checks come first. The
/// document's signature covers the certificates as well, so damage of any kind costs one
/// verification; a forger's own key gets as far as the first certificate that it cannot sign.
/// Neither document nor signature bytes are unique (ECDSA is malleable): use neither as a key.
/// </remarks>
public static class NitroAttestationVerifier
{
    /// <summary>Verifies a document of a production enclave.</summary>
    /// <param name="document">COSE_Sign1, tagged or not.</param>
    /// <param name="policy">The images to accept.</param>
    /// <param name="root">The root to trust; clients pass AWS's.</param>
    /// <param name="freshness">The time at which the document must hold.</param>
    public static AttestationResult<VerifiedAttestation> Verify(
        ReadOnlySpan<byte> document, PcrPolicy policy, TrustedRoot root, Freshness freshness)
    {
        ArgumentNullException.ThrowIfNull(policy);
        AttestationRefusal? refusal =
            VerifyOrigin(document, root, freshness, out var unverified, out var validity);
        if (refusal is not null) return new(refusal);
        if (unverified!.IsDebugMode)
        {
            return new(new AttestationRefusal(
                AttestationRule.DebugMode, "measured PCR0, PCR1 and PCR2", "zeros: debug mode"));
        }
        refusal = policy.Match(unverified.Pcrs, out MeasurementSet? matched);
        if (refusal is not null) return new(refusal);
        refusal = freshness.Check(unverified);
        if (refusal is not null) return new(refusal);
        return new(new VerifiedAttestation(unverified, validity, root, matched!));
    }

    /// <summary>
    /// INSECURE: verifies a document of a debug-mode enclave, and only such a document. It shows
    /// that a chain works; it says nothing about the code that ran.
    /// </summary>
    public static AttestationResult<InsecureDebugAttestation> VerifyInsecureDebugMode(
        ReadOnlySpan<byte> document, TrustedRoot root, Freshness freshness)
    {
        AttestationRefusal? refusal =
            VerifyOrigin(document, root, freshness, out var unverified, out var validity);
        if (refusal is not null) return new(refusal);
        if (!unverified!.IsDebugMode)
        {
            return new(new AttestationRefusal(
                AttestationRule.NotDebugMode, "zero PCR0, PCR1 and PCR2", "measurements"));
        }
        refusal = freshness.Check(unverified);
        if (refusal is not null) return new(refusal);
        return new(new InsecureDebugAttestation(unverified, validity, root));
    }

    /// <summary>That a device under the root made the document, for whatever enclave.</summary>
    private static AttestationRefusal? VerifyOrigin(
        ReadOnlySpan<byte> document,
        TrustedRoot root,
        Freshness freshness,
        out UnverifiedAttestation? unverified,
        out LeafValidity validity)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(freshness);
        validity = default;
        if (!UnverifiedAttestation.TryParse(document, out unverified, out var refusal))
        {
            return refusal;
        }
        refusal = CertificateChain.Parse(unverified, root, out CertificateChain chain);
        if (refusal is not null) return refusal;
        refusal = CheckTimes(chain, unverified.Timestamp, freshness.VerifierTime);
        if (refusal is not null) return refusal;
        validity = new LeafValidity(chain.Leaf.NotBefore, chain.Leaf.NotAfter);
        return chain.VerifyDocument(unverified.Envelope) ?? chain.VerifyCertificates();
    }

    /// <summary>
    /// The chain holds at the document's time, and for a live check also now. A verifier's clock
    /// that is a little slow must not find a fresh leaf not yet valid: the later time counts.
    /// </summary>
    private static AttestationRefusal? CheckTimes(
        CertificateChain chain, DateTimeOffset documentTime, DateTimeOffset? now)
    {
        AttestationRefusal? refusal = chain.CheckValidAt(documentTime);
        if (refusal is null && now > documentTime) refusal = chain.CheckValidAt(now.Value);
        return refusal;
    }
}
