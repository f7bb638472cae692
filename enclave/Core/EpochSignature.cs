using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;

namespace Sequencer.Enclave.Core;

/// <summary>The two signature lines of an epoch under a checkpoint (docs/PROTOCOL.md section 7).
/// </summary>
internal static class EpochSignature
{
    /// <summary>How many lines an epoch signs with.</summary>
    public const int LineCount = 2;

    /// <summary>True if the first two lines are by the statement's keys, and verify.</summary>
    public static bool Leads(SignedNote note, string origin, EpochStatement statement) =>
        note.Signatures.Count >= LineCount
        && IsSigned(
            note, 0, origin, NoteSignatureType.EcdsaP256, statement.SubjectPublicKeyInfo)
        && IsSigned(
            note, 1, origin, NoteSignatureType.Ed25519, statement.Fields.Ed25519PublicKey.Span);

    /// <summary>True if a line after the first two has name and key id of one of them.</summary>
    public static bool IsRepeated(SignedNote note)
    {
        for (int i = LineCount; i < note.Signatures.Count; i++)
        {
            NoteSignature line = note.Signatures[i];
            for (int own = 0; own < LineCount; own++)
            {
                NoteSignature first = note.Signatures[own];
                if (line.KeyId == first.KeyId && line.KeyName == first.KeyName) return true;
            }
        }
        return false;
    }

    private static bool IsSigned(
        SignedNote note, int line, string origin, NoteSignatureType type, ReadOnlySpan<byte> key)
    {
        NoteSignature signature = note.Signatures[line];
        if (!VerifierKey.TryCreate(origin, type, key, out VerifierKey? verifier, out _))
        {
            return false;
        }
        if (signature.KeyName != origin || signature.KeyId != verifier.KeyId) return false;
        return NoteSignatureVerification.Verify(
            verifier, note.Text.Span, signature.Signature.Span, out _) == NoteSignatureResult.Valid;
    }
}
