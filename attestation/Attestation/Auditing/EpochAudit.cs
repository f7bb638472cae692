using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// The epochs that a source lists: each document verifies and matches its statement, documents do
/// not run backwards, and the list is that of the log (docs/PROTOCOL.md section 12.3).
/// </summary>
internal static class EpochAudit
{
    /// <param name="policy">What is trusted.</param>
    /// <param name="epochs">As listed, oldest first.</param>
    /// <param name="newest">The newest one's attestation, which belongs to the head's
    /// check.</param>
    /// <param name="faults">Where faults go.</param>
    public static void CheckDocuments(
        TrustPolicy policy,
        IReadOnlyList<AuditEpoch> epochs,
        VerifiedAttestation? newest,
        FaultList faults)
    {
        VerifiedAttestation? before = null;
        for (int i = 0; i < epochs.Count; i++)
        {
            bool isNewest = i == epochs.Count - 1;
            if (epochs[i].Document.IsEmpty)
            {
                faults.Add(new AuditFault(
                    VerificationRule.Missing, "the epoch's attestation document", "none")
                { Epoch = epochs[i].Epoch });
                continue;
            }
            VerifiedAttestation? attestation = isNewest
                ? newest
                : CheckOlder(policy, epochs[i], epochs[i + 1].Number, faults);
            if (attestation is null) continue;
            if (before is not null && attestation.Timestamp < before.Timestamp)
            {
                faults.Add(new AuditFault(
                    VerificationRule.DocumentTime,
                    $"a time from {before.Timestamp:O} on", $"{attestation.Timestamp:O}")
                { Epoch = epochs[i].Epoch });
            }
            before = attestation;
        }
    }

    /// <summary>The list is the statements of the log, no more and no fewer.</summary>
    public static void CheckList(
        IReadOnlyList<AuditEpoch> epochs, LogReplay replay, FaultList faults)
    {
        for (int i = 0; i < epochs.Count; i++)
        {
            AuditEpoch listed = epochs[i];
            EpochStatement? found = i < replay.Statements.Count ? replay.Statements[i] : null;
            if (found is not null
                && listed.Epoch == found.Fields.Epoch
                && listed.Number == found.Fields.Number
                && listed.Statement.Span.SequenceEqual(found.Bytes.Span))
            {
                continue;
            }
            faults.Add(new AuditFault(
                VerificationRule.Statement,
                found is null
                    ? "as many listed epochs as statements in the log"
                    : $"the statement of epoch {found.Fields.Epoch} at {found.Fields.Number}",
                $"listed epoch {listed.Epoch} at {listed.Number}")
            { Epoch = listed.Epoch });
        }
        for (int i = epochs.Count; i < replay.Statements.Count; i++)
        {
            EpochStatementFields fields = replay.Statements[i].Fields;
            faults.Add(new AuditFault(
                VerificationRule.Missing, "a document for every epoch", "an epoch not listed")
            { Epoch = fields.Epoch, Number = fields.Number });
        }
    }

    private static VerifiedAttestation? CheckOlder(
        TrustPolicy policy, AuditEpoch epoch, ulong sizeAtEnd, FaultList faults)
    {
        var checks = new CheckList();
        if (EpochStatement.TryParse(epoch.Statement.Span, out EpochStatement? statement))
        {
            checks.Pass(VerificationRule.StatementFormat);
        }
        else
        {
            checks.Fail(VerificationRule.StatementFormat, "an epoch statement", "other bytes");
        }
        VerifiedAttestation? attestation =
            EpochVerification.Check(checks, policy, statement, epoch.Document.Span);
        // The epoch's last head is at most the size at which the next one began.
        if (attestation is not null
            && policy.NotAfterSize(attestation.Measurements) is { } max && sizeAtEnd > max)
        {
            checks.Fail(
                VerificationRule.MeasurementRetired,
                $"heads up to size {max} by image {attestation.Measurements.Name}", $"{sizeAtEnd}");
        }
        faults.Add(checks.ToArray(), epoch.Epoch, null);
        return attestation;
    }
}
