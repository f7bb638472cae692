using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Gateway.Witnessing;

/// <summary>A durable head to be cosigned, with all that a witness may ask for.</summary>
/// <param name="Size">Its size.</param>
/// <param name="Note">Its signed note.</param>
/// <param name="Hashes">The log's tree, at least of that size.</param>
/// <param name="Epoch">The epoch that signed it, with its inclusion proof under it.</param>
internal sealed record WitnessedSubject(
    ulong Size, SignedNote Note, ITreeHashSource Hashes, ReceiptEpoch Epoch);
