using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// What an epoch's document and a live one have in common (docs/PROTOCOL.md section 8).
/// </summary>
internal static class DocumentVerification
{
    private static readonly Freshness Archival = new Freshness.Archival();

    /// <summary>
    /// Verifies a document under the policy's roots and images; what it proves, or null.
    /// </summary>
    public static VerifiedAttestation? Check(
        CheckList checks, TrustPolicy policy, ReadOnlySpan<byte> document, Freshness freshness)
    {
        AttestationRefusal? refusal = null;
        foreach (TrustedRoot root in policy.Roots)
        {
            var result = NitroAttestationVerifier.Verify(
                document, policy.Images.Pcrs, root, freshness);
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

    /// <summary>
    /// The same for evidence at rest, whose time is its own: a document that held once holds.
    /// </summary>
    public static VerifiedAttestation? CheckAtItsTime(
        CheckList checks, TrustPolicy policy, ReadOnlySpan<byte> document)
    {
        if (policy.Images.Known.Find(document) is { } known)
        {
            checks.Pass(VerificationRule.Attestation);
            return known;
        }
        VerifiedAttestation? verified = Check(checks, policy, document, Archival);
        if (verified is not null) policy.Images.Known.Add(verified);
        return verified;
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

    /// <summary>
    /// What a policy says of the log. Where it pins none, the value is the evidence's own and being
    /// equal proves nothing: the rule does not apply, and the answer says so.
    /// </summary>
    public static void CheckPinned<T>(
        CheckList checks, TrustPolicy policy, VerificationRule rule, T expected, T actual)
        where T : IEquatable<T>
    {
        if (policy.IsLogPinned || !expected.Equals(actual))
        {
            checks.ExpectEqual(rule, expected, actual);
            return;
        }
        checks.Excuse(
            $"any log of this image: {rule.Code()} {Line($"{actual}")} is not pinned", rule);
    }

    private static string Line(string text) =>
        text.TrimEnd('\n').Replace("\n", ", ", StringComparison.Ordinal);

    /// <summary>An option of a document, for people.</summary>
    public static string Hex(ReadOnlyMemory<byte>? bytes) =>
        bytes is { } b ? Convert.ToHexStringLower(b.Span) : "null";
}
