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
        if (!SignedNote.TryParse(signedNote, out SignedNote? note, out _)) return ReplayRule.Checkpoint;
        if (!Checkpoint.TryParse(note.Text.Span, out Checkpoint? head, out _))
        {
            return ReplayRule.Checkpoint;
        }
        if (head.Origin != log.Configuration.Origin) return ReplayRule.Checkpoint;
        if (head.Size != log.Size || head.Root != log.Tree.Root()) return ReplayRule.Root;

        EpochStatement signer = log.Statement;
        return note.Signatures.Count == 2
            && IsSigned(note, 0, NoteSignatureType.EcdsaP256, signer.SubjectPublicKeyInfo, head.Origin)
            && IsSigned(
                note, 1, NoteSignatureType.Ed25519, signer.Fields.Ed25519PublicKey.Span, head.Origin)
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
        long timeMs = document.Timestamp.ToUnixTimeMilliseconds();
        return timeMs >= 0 && (ulong)timeMs >= replay.StatementBeforeTimeMs && (ulong)timeMs <= nowMs
            ? null
            : ReplayRule.DocumentTime;
    }

    private static bool IsSigned(
        SignedNote note, int line, NoteSignatureType type, ReadOnlySpan<byte> key, string origin)
    {
        NoteSignature signature = note.Signatures[line];
        return VerifierKey.TryCreate(origin, type, key, out VerifierKey? verifier, out _)
            && signature.KeyName == verifier.Name
            && signature.KeyId == verifier.KeyId
            && NoteSignatureVerification.Verify(
                verifier, note.Text.Span, signature.Signature.Span, out _) == NoteSignatureResult.Valid;
    }

    private static bool Holds(ReadOnlyMemory<byte>? field, ReadOnlySpan<byte> expected) =>
        field is { } bytes && bytes.Span.SequenceEqual(expected);
}
