using System.Globalization;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// Step 8 of docs/PROTOCOL.md section 11: the two signature lines of one epoch come first, in their
/// order, and no line after them is the epoch's. Lines of other keys are not looked at here.
/// </summary>
internal static class SignatureVerification
{
    public const string NoEd25519 = "this machine has no Ed25519 implementation (libcrypto 3)";

    public static void Check(
        CheckList checks, SignedNote note, EpochStatement statement, bool isEd25519AtHand)
    {
        string origin = statement.Fields.Configuration.Origin;
        byte[] p256 = statement.SubjectPublicKeyInfo;
        ReadOnlyMemory<byte> ed25519 = statement.Fields.Ed25519PublicKey;
        uint p256Id = KeyIds.ForEcdsa(p256);
        uint ed25519Id =
            KeyIds.ForNamed(origin, (byte)NoteSignatureType.Ed25519, ed25519.Span);

        IReadOnlyList<NoteSignature> lines = note.Signatures;
        checks.Expect(
            VerificationRule.SignatureLines,
            lines.Count >= 2
                && IsBy(lines[0], origin, p256Id) && IsBy(lines[1], origin, ed25519Id)
                && !lines.Skip(2).Any(
                    l => IsBy(l, origin, p256Id) || IsBy(l, origin, ed25519Id)),
            $"first the lines of {origin} with key ids {Hex(p256Id)} and {Hex(ed25519Id)}, once",
            string.Join(", ", lines.Select(l => $"{l.KeyName} {Hex(l.KeyId)}")));

        // Each key's own line is looked for, so that lines in a wrong order are one fault only.
        NoteSignature? line = lines.FirstOrDefault(l => IsBy(l, origin, p256Id));
        if (line is null)
        {
            checks.LeaveOut("there is no line with its key id", VerificationRule.Ecdsa);
        }
        else
        {
            CheckLine(
                checks, VerificationRule.Ecdsa, line,
                EcdsaP256.Verify(p256, note.Text.Span, line.Signature.Span));
        }

        line = lines.LastOrDefault(l => IsBy(l, origin, ed25519Id));
        if (line is null)
        {
            checks.LeaveOut("there is no line with its key id", VerificationRule.Ed25519);
        }
        else if (!isEd25519AtHand)
        {
            checks.Excuse(NoEd25519, VerificationRule.Ed25519);
        }
        else
        {
            CheckLine(
                checks, VerificationRule.Ed25519, line,
                Ed25519.Verify(ed25519.Span, note.Text.Span, line.Signature.Span));
        }
    }

    private static void CheckLine(
        CheckList checks, VerificationRule rule, NoteSignature line, bool holds) =>
        checks.Expect(
            rule,
            holds,
            "a signature over the checkpoint by the epoch's key",
            Convert.ToHexStringLower(line.Signature.Span));

    private static bool IsBy(NoteSignature line, string origin, uint keyId) =>
        line.KeyId == keyId && line.KeyName == origin;

    private static string Hex(uint keyId) => keyId.ToString("x8", CultureInfo.InvariantCulture);
}
