using System.Diagnostics.CodeAnalysis;

namespace Sequencer.Gateway.Link;

/// <summary>What the enclave did with one request of a batch.</summary>
public enum OutcomeStatus : byte
{
    /// <summary>It has a number.</summary>
    Appended = 0,

    /// <summary>An entry with this key and this request had one already.</summary>
    Replayed = 1,

    /// <summary>Nothing of its group was appended.</summary>
    Refused = 2,
}

/// <summary>Why a request was refused.</summary>
public enum RefusalReason : byte
{
    /// <summary>It was not.</summary>
    None = 0,

    /// <summary>A guard does not hold.</summary>
    Guard = 1,

    /// <summary>The idempotency key was used for another request.</summary>
    IdempotencyConflict = 2,

    /// <summary>The log has as many cells as its configuration allows.</summary>
    CellsMax = 3,

    /// <summary>A cell's value would overflow.</summary>
    Overflow = 4,

    /// <summary>Another member of the group was refused.</summary>
    GroupRefused = 5,

    /// <summary>The enclave could not read the request.</summary>
    Malformed = 6,
}

/// <summary>The enclave's word on one request (docs/PROTOCOL.md section 14).</summary>
/// <param name="Status">Appended, replayed or refused.</param>
/// <param name="Reason">Why it was refused.</param>
/// <param name="OperationIndex">The guard or update at fault.</param>
/// <param name="Number">Sequence number, or what the reason says.</param>
/// <param name="Actual">What the reason says.</param>
public readonly record struct Outcome(
    OutcomeStatus Status, RefusalReason Reason, ushort OperationIndex, ulong Number, long Actual)
{
    internal const int Bytes = 20;
}

/// <summary>A signed batch as the enclave gave it; well-formed, not yet compared with the log.
/// </summary>
public sealed class BatchAnswer
{
    private BatchAnswer(
        ulong startSize,
        Outcome[] outcomes,
        ReadOnlyMemory<byte> records,
        int recordCount,
        ReadOnlyMemory<byte> checkpoint)
    {
        StartSize = startSize;
        Outcomes = outcomes;
        Records = records;
        RecordCount = recordCount;
        Checkpoint = checkpoint;
    }

    /// <summary>Size of the log before the batch.</summary>
    public ulong StartSize { get; }

    /// <summary>One for every request, in order.</summary>
    public IReadOnlyList<Outcome> Outcomes { get; }

    /// <summary>The new records, each u16 length and bytes.</summary>
    public ReadOnlyMemory<byte> Records { get; }

    /// <summary>Count of new records.</summary>
    public int RecordCount { get; }

    /// <summary>Size of the log after the batch.</summary>
    public ulong EndSize => StartSize + (ulong)RecordCount;

    /// <summary>The checkpoint at <see cref="EndSize"/>; empty when there is no new record.
    /// </summary>
    public ReadOnlyMemory<byte> Checkpoint { get; }

    /// <summary>Reads an answer that must fill <paramref name="body"/>.</summary>
    /// <remarks>Keeps slices of the body: the caller gives it away.</remarks>
    public static bool TryParse(
        ReadOnlyMemory<byte> body, [NotNullWhen(true)] out BatchAnswer? answer)
    {
        answer = null;
        var reader = new LinkReader(body);
        if (!reader.TryReadUInt64(out ulong startSize)) return false;
        if (startSize > Attestation.Merkle.TreeHash.MaxSize) return false;
        if (!reader.TryReadUInt32(out uint outcomeCount)) return false;
        if (outcomeCount > reader.Remaining / Outcome.Bytes) return false;
        var outcomes = new Outcome[outcomeCount];
        for (int i = 0; i < outcomes.Length; i++)
        {
            if (!TryReadOutcome(ref reader, out outcomes[i])) return false;
        }
        if (!reader.TryReadUInt32(out uint recordCount)) return false;
        int recordsAt = body.Length - reader.Remaining;
        for (uint i = 0; i < recordCount; i++)
        {
            if (!reader.TryReadUInt16(out ushort length)) return false;
            if (!reader.TryReadBytes(length, out _)) return false;
        }
        ReadOnlyMemory<byte> records = body[recordsAt..^reader.Remaining];
        if (!reader.TryReadBlock(out ReadOnlyMemory<byte> checkpoint) || !reader.IsAtEnd)
        {
            return false;
        }
        if (checkpoint.IsEmpty != (recordCount == 0)) return false;
        answer = new BatchAnswer(startSize, outcomes, records, (int)recordCount, checkpoint);
        return true;
    }

    private static bool TryReadOutcome(ref LinkReader reader, out Outcome outcome)
    {
        outcome = default;
        if (!reader.TryReadByte(out byte status) || status > (byte)OutcomeStatus.Refused)
        {
            return false;
        }
        if (!reader.TryReadByte(out byte reason) || reason > (byte)RefusalReason.Malformed)
        {
            return false;
        }
        if (!reader.TryReadUInt16(out ushort operation)) return false;
        if (!reader.TryReadUInt64(out ulong number)) return false;
        if (!reader.TryReadUInt64(out ulong actual)) return false;
        outcome = new Outcome(
            (OutcomeStatus)status, (RefusalReason)reason, operation, number, unchecked((long)actual));
        bool isRefused = outcome.Status == OutcomeStatus.Refused;
        if (isRefused != (outcome.Reason != RefusalReason.None)) return false;
        return isRefused || (operation == 0 && actual == 0);
    }
}
