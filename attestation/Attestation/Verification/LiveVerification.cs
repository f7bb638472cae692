using System.Buffers.Binary;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// Verifies a document that an enclave made for a live caller (docs/PROTOCOL.md section 11,
/// "Verifying a live document").
/// </summary>
internal static class LiveVerification
{
    private const int SizeBytes = 8;

    private static int UserDataBytes =>
        Derivation.LiveDomain.Length + Digest.Size + SizeBytes + Digest.Size;

    private static ReadOnlySpan<VerificationRule> Rules =>
    [
        VerificationRule.StatementFormat, VerificationRule.Attestation,
        VerificationRule.EpochPublicKey, VerificationRule.LiveDomain,
        VerificationRule.LiveStatement, VerificationRule.LogId, VerificationRule.Origin,
        VerificationRule.Configuration, VerificationRule.MeasurementRetired,
    ];

    /// <summary>The report; its head only if all is good.</summary>
    public static VerificationReport<VerifiedLiveHead> Check(
        TrustPolicy policy,
        ReadOnlySpan<byte> document,
        ReadOnlySpan<byte> statementBytes,
        Freshness.LiveNonce freshness)
    {
        var checks = new CheckList();
        bool isStatement = checks.Expect(
            VerificationRule.StatementFormat,
            EpochStatement.TryParse(statementBytes, out EpochStatement? statement),
            "an epoch statement",
            "other bytes");
        VerifiedAttestation? attestation =
            DocumentVerification.Check(checks, policy, document, freshness);
        LiveClaim? claim = CheckDocument(checks, statement, document);
        if (isStatement) CheckLog(checks, policy, statement!);
        else LeaveOutLog(checks);
        CheckRetired(checks, policy, attestation, claim);
        checks.RequireAll(Rules);
        var outcome = checks.ToArray();
        VerifiedLiveHead? head = checks.IsGood
            ? new VerifiedLiveHead(
                policy, statement!, claim!.Value.Size, claim.Value.Root, attestation!)
            : null;
        return new VerificationReport<VerifiedLiveHead>(outcome, head);
    }

    // What a document says can be compared even where nothing vouches for it: more faults seen.
    private static LiveClaim? CheckDocument(
        CheckList checks, EpochStatement? statement, ReadOnlySpan<byte> document)
    {
        if (!UnverifiedAttestation.TryParse(document, out UnverifiedAttestation? said, out _))
        {
            checks.LeaveOut(
                "the document does not decode",
                VerificationRule.EpochPublicKey,
                VerificationRule.LiveDomain,
                VerificationRule.LiveStatement);
            return null;
        }
        if (statement is null)
        {
            checks.LeaveOut("the statement does not decode", VerificationRule.EpochPublicKey);
        }
        else
        {
            DocumentVerification.CheckPublicKey(checks, statement, said.PublicKey);
        }
        return CheckUserData(checks, statement, said.UserData);
    }

    private static LiveClaim? CheckUserData(
        CheckList checks, EpochStatement? statement, ReadOnlyMemory<byte>? userData)
    {
        ReadOnlySpan<byte> domain = Derivation.LiveDomain;
        if (userData is not { } data || data.Length != UserDataBytes
            || !data.Span.StartsWith(domain))
        {
            checks.Fail(
                VerificationRule.LiveDomain,
                $"{Convert.ToHexStringLower(domain)} and {UserDataBytes - domain.Length} bytes",
                DocumentVerification.Hex(userData));
            checks.LeaveOut("the domain is another", VerificationRule.LiveStatement);
            return null;
        }
        checks.Pass(VerificationRule.LiveDomain);
        ReadOnlySpan<byte> rest = data.Span[domain.Length..];
        if (statement is null)
        {
            checks.LeaveOut("the statement does not decode", VerificationRule.LiveStatement);
        }
        else
        {
            checks.ExpectEqual(
                VerificationRule.LiveStatement, statement.Hash, new Digest(rest[..Digest.Size]));
        }
        return new LiveClaim(
            BinaryPrimitives.ReadUInt64BigEndian(rest[Digest.Size..]),
            new Digest(rest[^Digest.Size..]));
    }

    private static void CheckLog(CheckList checks, TrustPolicy policy, EpochStatement statement)
    {
        LogConfiguration configuration = statement.Fields.Configuration;
        DocumentVerification.CheckPinned(
            checks, policy, VerificationRule.LogId, policy.LogId, statement.LogId);
        DocumentVerification.CheckPinned(
            checks, policy, VerificationRule.Origin, policy.Origin, configuration.Origin);
        DocumentVerification.CheckPinned(
            checks, policy, VerificationRule.Configuration, policy.Configuration.Text,
            configuration.Text);
    }

    private static void LeaveOutLog(CheckList checks) =>
        checks.LeaveOut(
            "the statement does not decode",
            VerificationRule.LogId,
            VerificationRule.Origin,
            VerificationRule.Configuration);

    private static void CheckRetired(
        CheckList checks, TrustPolicy policy, VerifiedAttestation? attestation, LiveClaim? claim)
    {
        if (attestation is null || claim is not { } head)
        {
            checks.LeaveOut(
                "no image was attested, or the domain is another",
                VerificationRule.MeasurementRetired);
            return;
        }
        ulong max = policy.NotAfterSize(attestation.Measurements) ?? ulong.MaxValue;
        checks.Expect(
            VerificationRule.MeasurementRetired,
            head.Size <= max,
            $"a size up to {max} by image {attestation.Measurements.Name}",
            $"{head.Size}");
    }

    /// <summary>The head that the document names.</summary>
    private readonly record struct LiveClaim(ulong Size, Digest Root);
}
