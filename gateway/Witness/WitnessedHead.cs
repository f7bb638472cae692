using Sequencer.Attestation;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;
using Sequencer.Witness.State;

namespace Sequencer.Witness;

/// <summary>The newest head that the witness cosigned: what all later ones must extend.</summary>
/// <param name="Checkpoint">Origin, size and root.</param>
/// <param name="Epoch">Number of the epoch that signed it.</param>
/// <param name="Statement">H(statement) of that epoch.</param>
/// <param name="Note">The text, the epoch's two lines and the witness's own.</param>
/// <param name="TimeSeconds">The time of the witness's cosignature, Unix seconds.</param>
internal sealed record WitnessedHead(
    Checkpoint Checkpoint, uint Epoch, Digest Statement, ReadOnlyMemory<byte> Note,
    ulong TimeSeconds)
{
    public StoredHead ToStored() => new(Epoch, Statement, Note);

    /// <summary>
    /// True if heads by this epoch may follow: it is the one that signed, or a later one that began
    /// at this head or above. A clone that was started from an older state is neither.
    /// </summary>
    public bool Admits(AttestedEpoch epoch) =>
        epoch.Statement.Hash == Statement
        || (epoch.Statement.Fields.Epoch > Epoch
            && epoch.Statement.Fields.Number >= Checkpoint.Size);
}
