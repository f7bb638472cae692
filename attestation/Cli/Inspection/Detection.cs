using System.Buffers.Text;
using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli.Inspection;

/// <summary>Finds out what a file is by reading it as each of the things it may be.</summary>
internal static class Detection
{
    /// <summary>What the file says; null if it is none of the known things.</summary>
    public static Facts? Inspect(byte[] bytes)
    {
        if (Receipt.TryDecode(bytes, out Receipt? receipt, out _))
        {
            return ReceiptFacts.Of(receipt, "Receipt");
        }
        if (ReceiptTlogProof.TryDecode(bytes, out receipt, out _))
        {
            return ReceiptFacts.Of(receipt, "Receipt (C2SP tlog-proof)");
        }
        if (ForkEvidence.TryDecode(bytes, out ForkEvidence? evidence, out _))
        {
            return EvidenceFacts.Of(evidence);
        }
        if (UnverifiedAttestation.TryParse(bytes, out var document, out _))
        {
            return OfDocument(document);
        }
        if (TrustPolicy.TryParse(bytes, out TrustPolicy? policy, out _))
        {
            return PolicyFacts.Of(policy);
        }
        if (TrustedImages.TryParse(bytes, out TrustedImages? images, out _))
        {
            return PolicyFacts.Of(images);
        }
        if (SignedNote.TryParse(bytes, out SignedNote? note, out _)
            && Checkpoint.TryParse(note.Text.Span, out Checkpoint? checkpoint, out _))
        {
            var facts = new Facts("Checkpoint");
            CheckpointFacts.Add(facts, checkpoint, note);
            return facts;
        }
        if (EpochStatement.TryParse(bytes, out EpochStatement? statement))
        {
            return EpochFacts.Of(statement);
        }
        if (EpochFacts.TryRead(bytes, out Facts epochs)) return epochs;
        return TryBase64(bytes, out byte[] decoded)
            && UnverifiedAttestation.TryParse(decoded, out document, out _)
            ? OfDocument(document)
            : null;
    }

    private static Facts OfDocument(UnverifiedAttestation document)
    {
        var facts = new Facts("Attestation document");
        AttestationFacts.Add(facts, document);
        return facts;
    }

    private static bool TryBase64(byte[] bytes, out byte[] decoded)
    {
        decoded = [];
        byte[] text = Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(bytes).Trim());
        if (!Base64.IsValid(text)) return false;
        decoded = Convert.FromBase64String(Encoding.ASCII.GetString(text));
        return true;
    }
}
