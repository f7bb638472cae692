namespace Sequencer.Enclave.Core;

/// <summary>What became of a request (docs/PROTOCOL.md section 14).</summary>
internal enum OutcomeStatus : byte
{
    Appended = 0,
    Replayed = 1,
    Refused = 2,
}

/// <summary>Why a request was refused; the numbers of docs/PROTOCOL.md section 14.</summary>
internal enum RefusalReason : byte
{
    None = 0,
    Guard = 1,
    IdempotencyConflict = 2,
    CellsMax = 3,
    ValueOverflow = 4,
    OtherMember = 5,
    Malformed = 6,
}

/// <summary>An outcome; which fields say what, see docs/PROTOCOL.md section 14.</summary>
internal readonly record struct Outcome(
    OutcomeStatus Status, RefusalReason Reason, ushort OperationIndex, ulong Number, long Actual)
{
    public static Outcome Appended(ulong number) => new(OutcomeStatus.Appended, 0, 0, number, 0);

    public static Outcome Replayed(ulong number) => new(OutcomeStatus.Replayed, 0, 0, number, 0);

    public static Outcome Refused(
        RefusalReason reason, int operationIndex = 0, ulong number = 0, long actual = 0) =>
        new(OutcomeStatus.Refused, reason, (ushort)operationIndex, number, actual);
}
