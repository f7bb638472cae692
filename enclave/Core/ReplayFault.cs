namespace Sequencer.Enclave.Core;

/// <summary>The rule that a replay broke (docs/PROTOCOL.md sections 12 and 14).</summary>
public enum ReplayRule
{
    /// <summary>A record does not decode, or number 0 is not a genesis statement.</summary>
    Record,

    /// <summary>A record's number is not its place.</summary>
    Number,

    /// <summary>A record's previous hash is not the leaf hash before it.</summary>
    Chain,

    /// <summary>A record's time is before the last.</summary>
    Time,

    /// <summary>An entry's epoch is not that of the last statement.</summary>
    Epoch,

    /// <summary>
    /// A statement does not continue the log: epoch, how the last one ended, log id, root, hash,
    /// configuration.
    /// </summary>
    Statement,

    /// <summary>A seal is of another statement, or something else than one follows it.</summary>
    Seal,

    /// <summary>
    /// A snapshot is not what the records before it come to; or the one to begin at does not decode,
    /// is not of the statement that came with it, or has more than the configuration allows.
    /// </summary>
    Snapshot,

    /// <summary>The content that came with a snapshot is not the one it holds digests of.</summary>
    SnapshotContent,

    /// <summary>A group is not whole and in order.</summary>
    Group,

    /// <summary>A cell's value is not one above its last.</summary>
    Cells,

    /// <summary>More cells than <c>cells-max</c>.</summary>
    CellsMax,

    /// <summary>An idempotency digest occurs twice within the window.</summary>
    Idempotency,

    /// <summary>More or fewer records than announced.</summary>
    Size,

    /// <summary>The checkpoint is not a signed note of this origin.</summary>
    Checkpoint,

    /// <summary>The checkpoint's size or root is not the one computed.</summary>
    Root,

    /// <summary>Not exactly the last epoch's two signature lines, or one does not verify.</summary>
    Signature,

    /// <summary>
    /// The predecessor's document does not verify under the own root and an accepted image.
    /// </summary>
    Document,

    /// <summary>The document is not that of the last statement.</summary>
    DocumentStatement,

    /// <summary>
    /// The document is dated over a minute before the statement before its own, or after now.
    /// </summary>
    DocumentTime,
}

/// <summary>Where a replay was refused.</summary>
/// <param name="Rule">What does not hold.</param>
/// <param name="Number">The record, or the size for what concerns the whole log.</param>
public readonly record struct ReplayFault(ReplayRule Rule, ulong Number)
{
    /// <summary>One line for people.</summary>
    public override string ToString() => $"replay refused at {Number}: {Rule}";
}
