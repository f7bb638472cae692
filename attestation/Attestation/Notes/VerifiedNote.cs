namespace Sequencer.Attestation.Notes;

/// <summary>What opening a note with known keys gave.</summary>
public enum NoteOpening
{
    /// <summary>At least one known key signed, and no line of a known key fails.</summary>
    Verified,

    /// <summary>No line is by a known key.</summary>
    NoKnownKey,

    /// <summary>A line with the name and id of a known key does not verify.</summary>
    InvalidSignature,

    /// <summary>Two different known keys share the name and id of a line.</summary>
    AmbiguousKey,

    /// <summary>A line of a known key cannot be verified on this machine.</summary>
    Unavailable,
}

/// <summary>A signature that was verified.</summary>
/// <param name="Key">The known key that made it.</param>
/// <param name="TimestampSeconds">For a cosignature its POSIX time; otherwise null.</param>
public sealed record VerifiedSignature(VerifierKey Key, ulong? TimestampSeconds);

/// <summary>
/// A note that at least one known key signed. Which keys are enough is the policy's question: this
/// type only says who signed.
/// </summary>
public sealed class VerifiedNote
{
    private VerifiedNote(SignedNote note, IReadOnlyList<VerifiedSignature> signatures)
    {
        Note = note;
        Signatures = signatures;
    }

    /// <summary>The note; lines of unknown keys in it remain unverified.</summary>
    public SignedNote Note { get; }

    /// <summary>One signature for each known key that signed, in the order of the lines.</summary>
    public IReadOnlyList<VerifiedSignature> Signatures { get; }

    /// <summary>
    /// Opens a note (c2sp.org/signed-note). Lines of unknown keys are ignored; one line of a known
    /// key that fails refuses the note. A key may sign more than once (a cosigner at two times):
    /// each line must verify, and the first one stands for the key.
    /// </summary>
    public static NoteOpening Open(
        SignedNote note, IReadOnlyCollection<VerifierKey> knownKeys, out VerifiedNote? opened)
    {
        opened = null;
        var verified = new List<VerifiedSignature>();
        foreach (NoteSignature line in note.Signatures)
        {
            if (!TryFindKey(line, knownKeys, out VerifierKey? key)) return NoteOpening.AmbiguousKey;
            if (key is null) continue;
            NoteSignatureResult result = NoteSignatureVerification.Verify(
                key, note.Text.Span, line.Signature.Span, out ulong? timestampSeconds);
            if (result == NoteSignatureResult.Unavailable) return NoteOpening.Unavailable;
            if (result != NoteSignatureResult.Valid) return NoteOpening.InvalidSignature;
            if (verified.Exists(v => v.Key.Equals(key))) continue;
            verified.Add(new VerifiedSignature(key, timestampSeconds));
        }
        if (verified.Count == 0) return NoteOpening.NoKnownKey;
        opened = new VerifiedNote(note, verified);
        return NoteOpening.Verified;
    }

    /// <summary>The known key of a line, null if there is none; false if there are two.</summary>
    private static bool TryFindKey(
        NoteSignature line, IReadOnlyCollection<VerifierKey> knownKeys, out VerifierKey? key)
    {
        key = null;
        foreach (VerifierKey known in knownKeys)
        {
            if (known.KeyId != line.KeyId || known.Name != line.KeyName) continue;
            if (key is not null && !key.Equals(known)) return false;
            key = known;
        }
        return true;
    }
}
