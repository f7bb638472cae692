using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// Heads that the auditor verified and kept before: the log must still extend each of them. This is what
/// tells a log that was cut back, or continued from an older copy, from one that only grew.
/// </summary>
internal sealed class HeldHeads(IEnumerable<AttestedHead> heads, FaultList faults)
{
    private readonly Queue<AttestedHead> _smallestFirst =
        new(heads.OrderBy(head => head.Checkpoint.Size));

    /// <summary>Compares the heads of the size that the replay has reached.</summary>
    public void Take(LogReplay replay)
    {
        while (_smallestFirst.TryPeek(out AttestedHead? head)
            && head.Checkpoint.Size <= replay.Next)
        {
            _smallestFirst.Dequeue();
            // Without a whole tree nothing can be said, and what is missing is told already.
            if (!replay.IsTreeWhole || replay.Root() == head.Checkpoint.Root) continue;
            Add(head, $"root {head.Checkpoint.Root}", $"{replay.Root()}: another history");
        }
    }

    /// <summary>The log is at its end: heads that are still left lie beyond it.</summary>
    public void End(ulong size)
    {
        foreach (AttestedHead head in _smallestFirst)
        {
            Add(head, $"at least {head.Checkpoint.Size} records", $"{size}: the log was cut back");
        }
    }

    private void Add(AttestedHead head, string expected, string actual) =>
        faults.Add(new AuditFault(VerificationRule.HeldHead, expected, actual)
        {
            Epoch = head.Epoch.Statement.Fields.Epoch,
            Place = $"the head of size {head.Checkpoint.Size} that you hold",
        });
}
