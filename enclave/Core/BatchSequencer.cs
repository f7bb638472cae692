using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Enclave.Core;

/// <summary>
/// Judges the groups of a batch in order and appends those that hold. The order of the checks is
/// that of docs/PROTOCOL.md section 14: malformed, idempotency, then guards and updates by member.
/// </summary>
internal sealed class BatchSequencer(LogState log)
{
    // Of the group under work, by member; used again for every group.
    private readonly Digest[] _requests = new Digest[Limits.GroupMax];
    private readonly Digest[] _keys = new Digest[Limits.GroupMax];
    private readonly Digest[] _leaves = new Digest[Limits.GroupMax];
    private readonly HashSet<Digest> _distinctKeys = [];
    private readonly CellValue[] _cells = new CellValue[Limits.OperationsMax];

    /// <summary>Writes outcomes and records; all records of the batch get one time.</summary>
    public void Run(Batch batch, ulong timeMs, BatchAnswer answer)
    {
        ulong recordTimeMs = Math.Max(timeMs, log.LastTimeMs);
        ReadOnlySpan<byte> groups = batch.Groups;
        ulong firstMember = 0;
        while (Batch.TryReadGroup(ref groups, out int count, out ReadOnlySpan<byte> members))
        {
            int fault = RunGroup(members, count, recordTimeMs, answer, out Outcome refusal);
            if (fault >= 0) Refuse(answer, count, fault, refusal, firstMember + (ulong)fault);
            firstMember += (ulong)count;
        }
    }

    /// <summary>Gives the member that is refused, or -1 when the outcomes are written.</summary>
    private int RunGroup(
        ReadOnlySpan<byte> members,
        int count,
        ulong timeMs,
        BatchAnswer answer,
        out Outcome refusal)
    {
        refusal = Outcome.Refused(RefusalReason.Malformed);
        int fault = FindMalformed(members, count);
        if (fault >= 0) return fault;

        log.Window.MoveTo(log.Size);
        fault = FindUsed(count, out KeyUse use);
        if (fault >= 0)
        {
            if (!IsReplay(count))
            {
                refusal = Outcome.Refused(RefusalReason.IdempotencyConflict, number: use.Number);
                return fault;
            }
            for (uint i = 0; i < count; i++) answer.Add(Outcome.Replayed(use.Number + i));
            return -1;
        }

        (int, uint) mark = answer.Mark();
        fault = WriteRecords(members, count, timeMs, answer, ref refusal);
        if (fault >= 0)
        {
            answer.TakeBack(mark);
            log.Cells.Undo();
            return fault;
        }
        Commit(count, timeMs, answer);
        return -1;
    }

    private int FindMalformed(ReadOnlySpan<byte> members, int count)
    {
        if (count > 1) _distinctKeys.Clear();
        for (int i = 0; i < count; i++)
        {
            EntryBundle.TryRead(ref members, out ReadOnlySpan<byte> bytes);
            if (!AppendRequest.TryParse(bytes, out AppendRequest request)) return i;
            _requests[i] = Derivation.Request(bytes);
            _keys[i] = request.Idempotency;
            if (count > 1 && !_keys[i].IsZero && !_distinctKeys.Add(_keys[i])) return i;
        }
        return -1;
    }

    /// <summary>The first member whose digest is in the window, or -1.</summary>
    private int FindUsed(int count, out KeyUse use)
    {
        use = default;
        for (int i = 0; i < count; i++)
        {
            if (!_keys[i].IsZero && log.Window.TryFind(_keys[i], out use)) return i;
        }
        return -1;
    }

    /// <summary>
    /// True if one group of this size used all digests, in this order, for the same.
    /// </summary>
    private bool IsReplay(int count)
    {
        ulong first = 0;
        for (int i = 0; i < count; i++)
        {
            if (_keys[i].IsZero || !log.Window.TryFind(_keys[i], out KeyUse use))
            {
                return false;
            }
            if (i == 0) first = use.Number;
            if (use != Use(i, count, first + (ulong)i)) return false;
        }
        return true;
    }

    /// <summary>
    /// Applies and writes the members one by one, so that each sees those before it. Gives the
    /// member whose operation does not hold, or -1.
    /// </summary>
    private int WriteRecords(
        ReadOnlySpan<byte> members,
        int count,
        ulong timeMs,
        BatchAnswer answer,
        ref Outcome refusal)
    {
        Digest previous = log.LastLeaf;
        for (int i = 0; i < count; i++)
        {
            EntryBundle.TryRead(ref members, out ReadOnlySpan<byte> bytes);
            if (!AppendRequest.TryParse(bytes, out AppendRequest request)) return i;
            ulong number = log.Size + (ulong)i;
            if (!TryApply(request, number, out int cellCount, ref refusal)) return i;
            var position = new EntryPosition(
                log.Epoch, number, timeMs, previous, (ushort)i, (ushort)count);
            Span<byte> record = answer.AddRecord(EntryRecord.Length(cellCount));
            EntryRecord.Write(record, position, request, _requests[i], _cells.AsSpan(0, cellCount));
            previous = TreeHash.Leaf(record);
            _leaves[i] = previous;
        }
        return -1;
    }

    /// <summary>Evaluates the guards, then makes the updates, into <see cref="_cells"/>.</summary>
    private bool TryApply(
        AppendRequest request, ulong number, out int cellCount, ref Outcome refusal)
    {
        cellCount = 0;
        int index = 0;
        Digest tenant = request.Tenant;
        Digest key = default;
        CellKind keyKind = default;
        ReadOnlySpan<byte> keyName = default;
        foreach (Operation operation in request.Operations)
        {
            // A guard and an update of one stream often stand together: its key is hashed once.
            if (operation.Kind != keyKind || !operation.Name.SequenceEqual(keyName))
            {
                keyKind = operation.Kind;
                keyName = operation.Name;
                key = Derivation.CellKey(tenant, (byte)keyKind, keyName);
            }
            if (operation.IsUpdate)
            {
                BumpResult bump = log.Cells.Bump(key, number, out long value);
                if (bump != BumpResult.Bumped)
                {
                    refusal = bump == BumpResult.Full
                        ? Outcome.Refused(
                            RefusalReason.CellsMax, index, actual: log.Configuration.CellsMax)
                        : Outcome.Refused(RefusalReason.ValueOverflow, index, actual: value);
                    return false;
                }
                _cells[cellCount++] = new CellValue(key, value);
            }
            else
            {
                Cell cell = log.Cells.Get(key);
                if (!Holds(operation, cell))
                {
                    refusal = Outcome.Refused(
                        RefusalReason.Guard, index, cell.LastChanged, cell.Value);
                    return false;
                }
            }
            index++;
        }
        return true;
    }

    private static bool Holds(Operation guard, Cell cell) => guard.Code switch
    {
        OperationCode.VersionEquals => (ulong)cell.Value == guard.Operand,
        OperationCode.Exists => cell.Exists,
        OperationCode.NotExists => !cell.Exists,
        OperationCode.UnchangedSince => cell.LastChanged <= guard.Operand,
        _ => throw new InvalidOperationException($"{guard.Code} is no guard."),
    };

    private void Commit(int count, ulong timeMs, BatchAnswer answer)
    {
        log.Cells.Commit();
        for (int i = 0; i < count; i++)
        {
            ulong number = log.Size;
            if (!_keys[i].IsZero && !log.Window.TryAdd(Use(i, count, number)))
            {
                throw new InvalidOperationException("A digest was found unused, then used.");
            }
            log.Append(_leaves[i], timeMs);
            answer.Add(Outcome.Appended(number));
        }
    }

    private KeyUse Use(int index, int count, ulong number) =>
        new(_keys[index], number, _requests[index], (ushort)index, (ushort)count);

    private static void Refuse(
        BatchAnswer answer, int count, int fault, in Outcome refusal, ulong faultInBatch)
    {
        for (int i = 0; i < count; i++)
        {
            answer.Add(i == fault
                ? refusal
                : Outcome.Refused(RefusalReason.OtherMember, number: faultInBatch));
        }
    }
}
