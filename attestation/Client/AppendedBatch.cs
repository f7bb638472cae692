namespace Sequencer.Client;

/// <summary>What became of a batch, by the gateway's word: receipts are read one by one.</summary>
/// <param name="Entries">One outcome for each entry, in order.</param>
/// <param name="Size">Size of the head that covers all of them.</param>
/// <param name="Checkpoint">The signed checkpoint of that head.</param>
/// <param name="IsReplayed">True if an earlier request had appended all of them.</param>
public sealed record AppendedBatch(
    IReadOnlyList<BatchOutcome> Entries,
    ulong Size,
    ReadOnlyMemory<byte> Checkpoint,
    bool IsReplayed);

/// <summary>What became of one entry of a batch.</summary>
/// <param name="Status">Which of the outcomes.</param>
/// <param name="Number">Sequence number; null if it was refused.</param>
/// <param name="Problem">Why it was refused; null if it was not.</param>
public sealed record BatchOutcome(BatchStatus Status, ulong? Number, GatewayProblem? Problem);

/// <summary>Outcomes of an entry of a batch.</summary>
public enum BatchStatus
{
    /// <summary>It was appended.</summary>
    Appended,

    /// <summary>An earlier request with its key had appended it.</summary>
    Replayed,

    /// <summary>It was not appended.</summary>
    Refused,
}
