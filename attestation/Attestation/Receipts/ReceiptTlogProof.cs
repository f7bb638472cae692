using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Receipts;

/// <summary>
/// A receipt as a C2SP tlog-proof and back, without loss (docs/PROTOCOL.md section 9): index, path
/// and checkpoint have their lines, all else is the extra object.
/// </summary>
public static class ReceiptTlogProof
{
    /// <summary>
    /// The bytes of the proof; false for a receipt whose record or checkpoint does not decode,
    /// which no verifier would accept.
    /// </summary>
    public static bool TryEncode(Receipt receipt, [NotNullWhen(true)] out byte[]? proof)
    {
        proof = null;
        if (!RecordHeader.TryRead(receipt.Record.Span, out RecordHeader header)) return false;
        if (!SignedNote.TryParse(receipt.Checkpoint.Span, out SignedNote? note, out _))
        {
            return false;
        }
        if (header.Number > long.MaxValue - 1) return false;
        var extra = new ArrayBufferWriter<byte>();
        ReceiptWriter.WriteExtra(extra, receipt);
        if (extra.WrittenCount > TlogProof.MaxExtraBytes) return false;
        proof = TlogProof
            .Create(header.Number, receipt.Inclusion.ToArray(), note, extra.WrittenMemory)
            .ToBytes();
        return true;
    }

    /// <summary>Reads the one tlog-proof of a receipt.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out Receipt? receipt,
        [NotNullWhen(false)] out ReceiptRefusal? refusal)
    {
        receipt = null;
        if (!TlogProof.TryParse(bytes, out TlogProof? proof, out TlogProofRefusal why))
        {
            refusal = new ReceiptRefusal("tlog-proof", 0, $"not a tlog-proof: {why}");
            return false;
        }
        byte[] checkpoint = proof.Checkpoint.ToBytes();
        if (!Receipt.IsCheckpointText(checkpoint))
        {
            refusal = new ReceiptRefusal("checkpoint", 0, "a character that JSON would escape");
            return false;
        }
        var reader = new ReceiptReader(proof.Extra.Span);
        receipt = reader.ReadExtra(proof.Path.ToArray(), checkpoint);
        refusal = reader.Refusal;
        if (refusal is not null)
        {
            refusal = refusal with { Member = "extra " + refusal.Member };
            return false;
        }
        // The index stands twice; another one would make two texts of one receipt.
        if (RecordHeader.TryRead(receipt!.Record.Span, out RecordHeader header)
            && header.Number == proof.Index)
        {
            return true;
        }
        receipt = null;
        refusal = new ReceiptRefusal("index", 0, "the number of the record");
        return false;
    }
}
