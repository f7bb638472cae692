using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;

namespace Sequencer.Witness.State;

/// <summary>Believes a state file only if it is whole, of this log and by this key.</summary>
internal static class StoredState
{
    /// <exception cref="WitnessStateException">It is damaged or another log's.</exception>
    public static StateText Read(ReadOnlySpan<byte> bytes, TrustPolicy policy)
    {
        string name = WitnessedLog.NameOf(policy.Origin);
        if (!StateText.TryParse(bytes, out StateText? state))
        {
            throw new WitnessStateException(
                $"The state file {name} of {policy.Origin} is damaged. Without it this witness no "
                + "longer knows what it cosigned and must not sign again under this key: restore "
                + "the file as it was when the witness last answered, or retire the key.");
        }
        return state.LogId == policy.LogId
            ? state
            : throw new WitnessStateException(
                $"The state file {name} of {policy.Origin} is of log {state.LogId}, and the "
                + $"policy names log {policy.LogId}. A witness knows a log by its origin and "
                + "never starts one over: a new log needs a new origin.");
    }

    /// <exception cref="WitnessStateException">Another key cosigned it.</exception>
    public static WitnessedHead ReadHead(StoredHead stored, string origin, VerifierKey key)
    {
        if (SignedNote.TryParse(stored.Note.Span, out SignedNote? note, out _)
            && Checkpoint.TryParse(note.Text.Span, out Checkpoint? checkpoint, out _)
            && VerifiedNote.Open(note, [key], out VerifiedNote? opened) == NoteOpening.Verified
            && opened!.Signatures[0].TimestampSeconds is { } seconds)
        {
            return new WitnessedHead(
                checkpoint, stored.Epoch, stored.Statement, stored.Note, seconds);
        }
        throw new WitnessStateException(
            $"The state of {origin} was written under another key than {key.Name}: key file and "
            + "state files belong together.");
    }
}
