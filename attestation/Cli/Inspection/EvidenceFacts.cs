using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Cli.Inspection;

/// <summary>What evidence of a fork says.</summary>
internal static class EvidenceFacts
{
    public static Facts Of(ForkEvidence evidence)
    {
        var facts = new Facts("Evidence of a fork");
        facts.Under("smaller head", () => AddHead(facts, evidence.Smaller));
        facts.Under("larger head", () => AddHead(facts, evidence.Larger));
        facts.Add("prefix root", evidence.PrefixRoot.ToHex());
        facts.Add("consistency hashes", evidence.Consistency.Length);
        return facts;
    }

    private static void AddHead(Facts facts, SignedHead head)
    {
        if (SignedNote.TryParse(head.Checkpoint.Span, out SignedNote? note, out _)
            && Checkpoint.TryParse(note.Text.Span, out Checkpoint? checkpoint, out _))
        {
            CheckpointFacts.Add(facts, checkpoint, note);
        }
        facts.Under("epoch", () => EpochFacts.Add(facts, head.Epoch));
    }
}
