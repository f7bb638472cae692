using Sequencer.Attestation.Auditing;

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
        var auditor = new LogAuditor(await trust.PolicyForAsync(source, cancellationToken));
        AuditReport report = await auditor.AuditAsync(
            source, show is null ? null : p => show(p.Records, p.Total), cancellationToken);
        if (report.IsGood) return;
        long count = report.FaultCounts.Values.Sum();
        throw new CommandFailure(
            $"{path}: the policy refuses this log: {report.Faults[0].Sentence}"
            + (count > 1 ? $" And {count - 1} more: see 'sequencer audit {path}'." : ""),
            ExitCodes.Refused);
    }
}
