using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// What an epoch's document and a live one have in common (docs/PROTOCOL.md section 8).
/// </summary>
internal static class DocumentVerification
{
    /// <summary>
    /// Verifies a document under the policy's roots and images; what it proves, or null.
    /// </summary>
    public static VerifiedAttestation? Check(
        CheckList checks, TrustPolicy policy, ReadOnlySpan<byte> document, Freshness freshness)
    {
        AttestationRefusal? refusal = null;
        foreach (TrustedRoot root in policy.Roots)
        {
            var result = NitroAttestationVerifier.Verify(document, policy.Images, root, freshness);
            if (result.TryGet(out VerifiedAttestation? verified, out refusal))
            {
                checks.Pass(VerificationRule.Attestation);
                return verified;
            }
            // Any other refusal would be the same under every root.
            if (refusal.Rule != AttestationRule.RootNotTrusted) break;
        }
        checks.Fail(
            VerificationRule.Attestation,
            $"{refusal!.Expected} ({refusal.Rule})",
            refusal.Actual,
            refusal);
        return null;
    }

    /// <summary>The document's key is the statement's P-256 key.</summary>
    public static void CheckPublicKey(
        CheckList checks, EpochStatement statement, ReadOnlyMemory<byte>? publicKey)
    {
        byte[] expected = statement.SubjectPublicKeyInfo;
        checks.Expect(
            VerificationRule.EpochPublicKey,
            publicKey is { } key && key.Span.SequenceEqual(expected),
            Convert.ToHexStringLower(expected),
            Hex(publicKey));
    }

    /// <summary>An option of a document, for people.</summary>
    public static string Hex(ReadOnlyMemory<byte>? bytes) =>
        bytes is { } b ? Convert.ToHexStringLower(b.Span) : "null";
}
