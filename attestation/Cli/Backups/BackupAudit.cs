using System.Text;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli.Backups;

/// <summary>The audit of a backup under a trust policy, that of <c>sequencer audit</c>.</summary>
internal static class BackupAudit
{
    /// <summary>Audits what the manifest lists, and nothing behind it.</summary>
    /// <exception cref="CommandFailure">The policy refuses what the backup holds.</exception>
    public static async Task RunAsync(
        Trust trust,
        string path,
        BackupManifest manifest,
        Action<ulong, ulong>? show,
        CancellationToken cancellationToken)
    {
        LogFolder folder = LogFolder.OfBackup(path, manifest);
        var source = new DirectoryAuditSource(folder.Path, folder.Log, folder.Payload);
        TrustPolicy policy = await trust.PolicyForAsync(source, cancellationToken);
        var auditor = new LogAuditor(policy);
        AuditReport report = await auditor.AuditAsync(
            source, show is null ? null : p => show(p.Records, p.Total), cancellationToken);
        if (report.IsGood || IsWitnessedBelow(policy, report, manifest)) return;
        long count = report.FaultCounts.Values.Sum();
        throw new CommandFailure(
            $"{path}: the policy refuses this log: {report.Faults[0].Sentence}"
            + (count > 1 ? $" And {count - 1} more: see 'sequencer audit {path}'." : ""),
            ExitCodes.Refused);
    }

    /// <summary>
    /// True if nothing is wrong but that the last head lacks its quorum, which a head below it has:
    /// a log that is appended to is always ahead of its witnesses. That the cosigned head is one of
    /// this log's is established when the manifest is made or checked.
    /// </summary>
    private static bool IsWitnessedBelow(
        TrustPolicy policy, AuditReport report, BackupManifest manifest)
    {
        if (report.FaultCounts.Count != 1
            || !report.FaultCounts.TryGetValue(VerificationRule.WitnessQuorum, out long count)
            || count != 1
            || !SignedNote.TryParse(
                Encoding.UTF8.GetBytes(manifest.Cosigned), out SignedNote? cosigned, out _))
        {
            return false;
        }
        var checks = new CheckList();
        CosignatureVerification.Check(checks, policy.Witnesses, cosigned, Ed25519.IsAvailable);
        return checks.ToArray().All(check => check is VerificationCheck.Passed);
    }
}
