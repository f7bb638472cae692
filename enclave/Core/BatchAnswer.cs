using System.Buffers.Binary;
using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Core;

/// <summary>
/// Writes a batch answer: start size, outcomes, records, checkpoint (docs/PROTOCOL.md section 14).
/// The space is reckoned before (<see cref="BytesMax"/>), so nothing ever grows while writing.
/// </summary>
internal sealed class BatchAnswer
{
    /// <summary>Longest signed checkpoint, in bytes: the longest origin with three lines needs 1,394.
    /// </summary>
    public const int CheckpointBytesMax = 2048;

    /// <summary>Most bytes of an answer beside outcomes and records.</summary>
    public const int FixedBytes = 8 + 4 + 4 + 4 + CheckpointBytesMax;

    /// <summary>Longest answer, in bytes: a frame's body.</summary>
    public const int MaxBytes = 16 * 1024 * 1024 - 8;

    private const int OutcomesAt = 8 + 4;
    private const int OutcomeBytes = 20;
    private const int RecordLengthBytes = 2;

    private readonly Memory<byte> _buffer;
    private readonly int _recordsAt;
    private int _outcomeEnd = OutcomesAt;
    private int _end;
    private uint _recordCount;

    /// <summary>Begins an answer with that many outcomes to come.</summary>
    public BatchAnswer(Memory<byte> buffer, ulong startSize, int outcomeCount)
    {
        _buffer = buffer;
        _recordsAt = OutcomesAt + outcomeCount * OutcomeBytes + 4;
        _end = _recordsAt;
        BinaryPrimitives.WriteUInt64BigEndian(buffer.Span, startSize);
        BinaryPrimitives.WriteUInt32BigEndian(buffer.Span[8..], (uint)outcomeCount);
    }

    /// <summary>Number of records written and not taken back.</summary>
    public uint RecordCount => _recordCount;

    /// <summary>Most bytes that a request adds, malformed or not.</summary>
    public static int BytesMax(ReadOnlySpan<byte> request)
    {
        // The second byte counts the operations; each may be an update, and then has a cell.
        int operations = request.Length > 1 ? Math.Min((int)request[1], Limits.OperationsMax) : 0;
        return OutcomeBytes + RecordLengthBytes + EntryRecord.Length(operations);
    }

    public void Add(in Outcome outcome)
    {
        Span<byte> at = _buffer.Span.Slice(_outcomeEnd, OutcomeBytes);
        at[0] = (byte)outcome.Status;
        at[1] = (byte)outcome.Reason;
        BinaryPrimitives.WriteUInt16BigEndian(at[2..], outcome.OperationIndex);
        BinaryPrimitives.WriteUInt64BigEndian(at[4..], outcome.Number);
        BinaryPrimitives.WriteInt64BigEndian(at[12..], outcome.Actual);
        _outcomeEnd += OutcomeBytes;
    }

    /// <summary>Space for the next record, which the caller fills wholly.</summary>
    public Span<byte> AddRecord(int length)
    {
        Span<byte> buffer = _buffer.Span;
        BinaryPrimitives.WriteUInt16BigEndian(buffer[_end..], (ushort)length);
        Span<byte> record = buffer.Slice(_end + RecordLengthBytes, length);
        _end += RecordLengthBytes + length;
        _recordCount++;
        return record;
    }

    /// <summary>A place to <see cref="TakeBack"/> to.</summary>
    public (int End, uint Records) Mark() => (_end, _recordCount);

    /// <summary>Forgets the records since the mark: their group was refused.</summary>
    public void TakeBack((int End, uint Records) mark) => (_end, _recordCount) = mark;

    /// <summary>
    /// Ends the answer with the signed checkpoint, or none; gives its length in bytes.
    /// </summary>
    public int Finish(ReadOnlySpan<byte> checkpoint)
    {
        Span<byte> buffer = _buffer.Span;
        BinaryPrimitives.WriteUInt32BigEndian(buffer[(_recordsAt - 4)..], _recordCount);
        BinaryPrimitives.WriteUInt32BigEndian(buffer[_end..], (uint)checkpoint.Length);
        checkpoint.CopyTo(buffer[(_end + 4)..]);
        return _end + 4 + checkpoint.Length;
    }
}
