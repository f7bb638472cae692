using System.Collections.Immutable;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>What an audit found.</summary>
public sealed class AuditReport
{
    /// <summary>Faults of one rule that are kept; the rest is counted.</summary>
    public const int FaultsPerRuleMax = 20;

    internal AuditReport(
        VerificationReport<VerifiedHead>? head, FaultList faults, LogReplay replay,
        ImmutableArray<string> notes, ImmutableArray<ForkEvidence> evidence)
    {
        Head = head;
        Faults = faults.Kept;
        FaultCounts = faults.Counts;
        Records = replay.RecordCount;
        Entries = replay.EntryCount;
        Epochs = (uint)replay.Statements.Count;
        Cells = (uint)replay.CellCount;
        Notes = notes;
        Evidence = evidence;
    }

    /// <summary>True if the head is verified and nothing at all was found wrong.</summary>
    public bool IsGood => Head is { IsGood: true } && FaultCounts.IsEmpty;

    /// <summary>Every rule about the newest head; null if there was no checkpoint to look at.
    /// </summary>
    public VerificationReport<VerifiedHead>? Head { get; }

    /// <summary>Faults in the order of finding, at most <see cref="FaultsPerRuleMax"/> a rule;
    /// those of <see cref="Head"/> are among them.</summary>
    public ImmutableArray<AuditFault> Faults { get; }

    /// <summary>All faults, kept or not, by rule.</summary>
    public ImmutableSortedDictionary<VerificationRule, long> FaultCounts { get; }

    /// <summary>Records read.</summary>
    public ulong Records { get; }

    /// <summary>Entries among them.</summary>
    public ulong Entries { get; }

    /// <summary>Epoch statements among them.</summary>
    public uint Epochs { get; }

    /// <summary>Cells that exist at the end.</summary>
    public uint Cells { get; }

    /// <summary>What became of the payloads; null where the source has none.</summary>
    public AuditPayloads? Payloads { get; init; }

    /// <summary>Proof that the log has two histories, one for each held head that shows it.
    /// </summary>
    public ImmutableArray<ForkEvidence> Evidence { get; }

    /// <summary>What was looked at in part or not at all, for people.</summary>
    public ImmutableArray<string> Notes { get; }
}
