using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// Steps 2 to 5 and 7 of docs/PROTOCOL.md section 11: that a statement is an attested epoch's of
/// the policy's log.
/// </summary>
internal static class EpochVerification
{
    private const int EpochUserDataBytes = 45;

    /// <summary>
    /// Gives each rule its outcome; what the document proves, or null.
    /// </summary>
    public static VerifiedAttestation? Check(
        CheckList checks,
        TrustPolicy policy,
        EpochStatement? statement,
        ReadOnlySpan<byte> document)
    {
        VerifiedAttestation? attestation =
            DocumentVerification.CheckAtItsTime(checks, policy, document);
        if (statement is null)
        {
            checks.LeaveOut(
                "the statement does not decode",
                VerificationRule.EpochPublicKey,
                VerificationRule.EpochDomain,
                VerificationRule.EpochStatement,
                VerificationRule.LogId,
                VerificationRule.Configuration);
            return attestation;
        }
        // What a document says can be compared even where nothing vouches for it: more faults seen.
        UnverifiedAttestation? said = attestation?.Document;
        if (said is not null || UnverifiedAttestation.TryParse(document, out said, out _))
        {
            DocumentVerification.CheckPublicKey(checks, statement, said.PublicKey);
            CheckUserData(checks, statement, said.UserData);
        }
        else
        {
            checks.LeaveOut(
                "the document does not decode",
                VerificationRule.EpochPublicKey,
                VerificationRule.EpochDomain,
                VerificationRule.EpochStatement);
        }
        DocumentVerification.CheckPinned(
            checks, policy, VerificationRule.LogId, policy.LogId, statement.LogId);
        DocumentVerification.CheckPinned(
            checks,
            policy,
            VerificationRule.Configuration,
            policy.Configuration.Text,
            statement.Fields.Configuration.Text);
        return attestation;
    }

    private static void CheckUserData(
        CheckList checks, EpochStatement statement, ReadOnlyMemory<byte>? userData)
    {
        ReadOnlySpan<byte> domain = Derivation.EpochDomain;
        if (userData is not { Length: EpochUserDataBytes } data || !data.Span.StartsWith(domain))
        {
            checks.Fail(
                VerificationRule.EpochDomain,
                $"{Convert.ToHexStringLower(domain)} and 32 bytes",
                DocumentVerification.Hex(userData));
            checks.LeaveOut("the domain is another", VerificationRule.EpochStatement);
            return;
        }
        checks.Pass(VerificationRule.EpochDomain);
        checks.ExpectEqual(
            VerificationRule.EpochStatement,
            statement.Hash,
            new Digest(data.Span[domain.Length..]));
    }
}
