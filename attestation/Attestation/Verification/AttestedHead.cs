using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// A head that an attested epoch of the policy's log signed, whoever has cosigned it. What a
/// witness may cosign, and what conflicting heads are evidence of; not what a receipt can stand on:
/// for that there is <see cref="VerifiedHead"/>.
/// </summary>
public sealed class AttestedHead
{
    internal AttestedHead(
        AttestedEpoch epoch, Checkpoint checkpoint, ReadOnlyMemory<byte> note, ReceiptEpoch bundle)
    {
        Epoch = epoch;
        Checkpoint = checkpoint;
        Note = note;
        Bundle = bundle;
    }

    /// <summary>The epoch that signed.</summary>
    public AttestedEpoch Epoch { get; }

    /// <summary>Origin, size and root.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The signed note as it came.</summary>
    public ReadOnlyMemory<byte> Note { get; }

    /// <summary>What shows that its keys are the epoch's.</summary>
    internal ReceiptEpoch Bundle { get; }

    /// <summary>
    /// The head to be shown to others, with the epoch's two signature lines alone: lines that were
    /// not verified could be anything, and would only be in the way.
    /// </summary>
    public SignedHead ToEvidence() => new(EpochLines(Note.Span), Bundle);

    /// <summary>A note that decodes, without the lines after the first two.</summary>
    internal static byte[] EpochLines(ReadOnlySpan<byte> note) =>
        SignedNote.TryParse(note, out SignedNote? signed, out _)
            ? SignedNote.Create(signed.Text.Span, [.. signed.Signatures.Take(2)]).ToBytes()
            : throw new ArgumentException("Not a signed note.", nameof(note));
}
