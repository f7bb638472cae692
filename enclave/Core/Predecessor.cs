using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;

namespace Sequencer.Enclave.Core;

/// <summary>
/// The last epoch of a replayed log, verified by this enclave itself: its signed head, and that an
/// accepted image under the own root made its keys (docs/PROTOCOL.md section 14, "Replay").
/// </summary>
internal static class Predecessor
{
    /// <summary>Null if the head is of this log as computed and signed by its last epoch.</summary>
    public static ReplayRule? CheckHead(LogState log, ReadOnlySpan<byte> signedNote)
    {
        if (!SignedNote.TryParse(signedNote, out SignedNote? note, out _))
        {
            return ReplayRule.Checkpoint;
        }
        if (!Checkpoint.TryParse(note.Text.Span, out Checkpoint? head, out _))
        {
            return ReplayRule.Checkpoint;
        }
        if (head.Origin != log.Configuration.Origin) return ReplayRule.Checkpoint;
        if (head.Size != log.Size || head.Root != log.Tree.Root()) return ReplayRule.Root;

        // The identity's line is the host's to make and nobody's to believe: it may only be there.
        int lines = EpochSignature.LineCount + (log.Configuration.IdentityKey is null ? 0 : 1);
        return note.Signatures.Count == lines
            && EpochSignature.Leads(note, head.Origin, log.Statement)
            ? null
            : ReplayRule.Signature;
    }

    /// <summary>
    /// Null if the document is that of the last statement, by the own image or an accepted one.
    /// </summary>
    public static ReplayRule? CheckDocument(
        Replay replay, LogState log, PcrPolicy accepted, TrustedRoot root, ulong nowMs)
    {
        AttestationResult<VerifiedAttestation> result = NitroAttestationVerifier.Verify(
            replay.Document, accepted, root, new Freshness.Archival());
        if (!result.TryGet(out VerifiedAttestation? document, out _)) return ReplayRule.Document;

        EpochStatement statement = log.Statement;
        if (!Holds(document.PublicKey, statement.SubjectPublicKeyInfo)
            || !Holds(document.UserData, Derivation.EpochUserData(statement.Bytes.Span)))
        {
            return ReplayRule.DocumentStatement;
        }
        // Above zero: the verifier takes no other.
        var timeMs = (ulong)document.Timestamp.ToUnixTimeMilliseconds();
        // That statement's time may itself have been ahead of the device's, by as much as an opening
        // allows; a stricter rule would end the log for good after two quick restarts.
        return timeMs + SequencerCore.ClockBehindMaxMs >= log.StatementBeforeTimeMs
            && timeMs <= nowMs
            ? null
            : ReplayRule.DocumentTime;
    }

    private static bool Holds(ReadOnlyMemory<byte>? field, ReadOnlySpan<byte> expected) =>
        field is { } bytes && bytes.Span.SequenceEqual(expected);
}
