using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Enclave.Core;

/// <summary>
/// Rebuilds a log from its records and believes none of it: until the head and the document of the
/// last statement hold (<see cref="Predecessor"/>), all this is the gateway's word.
/// </summary>
internal sealed class Replay(CoreLimits limits, ulong size, byte[] checkpoint, byte[] document)
{
    // The group under work: the next record must be this member of that many, if that is not 0.
    private int _groupNext;
    private int _groupCount;
    private ulong _groupStart;

    // The snapshot that the replay begins at, while its content is not whole.
    private SnapshotRestore? _restore;

    /// <summary>The log so far; null before its first record.</summary>
    public LogState? Log { get; private set; }

    public byte[] Checkpoint => checkpoint;

    public byte[] Document => document;

    private ulong Place => Log?.Size ?? _restore?.Number ?? 0;

    /// <summary>
    /// Begins at a snapshot instead of the genesis: Done, ReplayRefused or BadConfiguration.
    /// </summary>
    public CoreResult BeginAt(
        ReadOnlySpan<byte> statement, ReadOnlySpan<byte> snapshot, out ReplayFault fault)
    {
        fault = new ReplayFault(ReplayRule.Snapshot, 0);
        CoreResult begun =
            SnapshotRestore.TryBegin(limits, statement, snapshot, out SnapshotRestore? restore);
        if (begun != CoreResult.Done) return begun;
        if (restore!.Number >= size) return Refuse(ReplayRule.Size, out fault);
        _restore = restore;
        return FinishRestore(out fault);
    }

    /// <summary>Takes the next part of the snapshot's content.</summary>
    public CoreResult TakeContent(ReadOnlySpan<byte> content, out ReplayFault fault)
    {
        fault = new ReplayFault(ReplayRule.SnapshotContent, Place);
        if (_restore is null) return CoreResult.ReplayRefused;
        CoreResult taken = _restore.Take(content);
        return taken == CoreResult.Done ? FinishRestore(out fault) : taken;
    }

    /// <summary>Takes the next record; Done, ReplayRefused or BadConfiguration.</summary>
    public CoreResult Take(ReadOnlySpan<byte> record, out ReplayFault fault)
    {
        fault = new ReplayFault(ReplayRule.Record, Place);
        if (_restore is not null) return Refuse(ReplayRule.SnapshotContent, out fault);
        if (Place >= size) return Refuse(ReplayRule.Size, out fault);
        if (!RecordHeader.TryRead(record, out RecordHeader header)) return CoreResult.ReplayRefused;
        if (Log is null) return TakeGenesis(record);
        ReplayRule? broken = CheckHeader(Log, header);
        broken ??= header.Type switch
        {
            RecordType.Statement => TakeStatement(Log, record),
            RecordType.Seal => TakeSeal(Log, record),
            RecordType.Snapshot => TakeSnapshot(Log, record),
            _ => TakeEntry(Log, record),
        };
        return broken is { } rule ? Refuse(rule, out fault) : CoreResult.Done;
    }

    /// <summary>Null if all records came and the last group is whole.</summary>
    public ReplayRule? CheckEnd()
    {
        if (_restore is not null) return ReplayRule.SnapshotContent;
        if (Log is null || Log.Size != size) return ReplayRule.Size;
        return _groupCount == 0 ? null : ReplayRule.Group;
    }

    private CoreResult Refuse(ReplayRule rule, out ReplayFault fault)
    {
        fault = new ReplayFault(rule, Place);
        return CoreResult.ReplayRefused;
    }

    private CoreResult FinishRestore(out ReplayFault fault)
    {
        fault = new ReplayFault(ReplayRule.SnapshotContent, Place);
        if (!_restore!.IsWhole) return CoreResult.Done;
        Log = _restore.TryFinish();
        _restore = null;
        return Log is null ? CoreResult.ReplayRefused : CoreResult.Done;
    }

    private CoreResult TakeGenesis(ReadOnlySpan<byte> record)
    {
        if (!EpochStatement.TryParse(record, out EpochStatement? genesis))
        {
            return CoreResult.ReplayRefused;
        }
        if (genesis.Fields.Epoch != 0) return CoreResult.ReplayRefused;
        // Checked here, before the tables are made: it is the gateway that says how large they are.
        if (!EpochOpening.Allows(limits, genesis.Fields.Configuration))
        {
            return CoreResult.BadConfiguration;
        }
        Log = new LogState(genesis);
        return CoreResult.Done;
    }

    private static ReplayRule? CheckHeader(LogState log, RecordHeader header)
    {
        if (header.Number != log.Size) return ReplayRule.Number;
        if (header.Previous != log.LastLeaf) return ReplayRule.Chain;
        return header.TimeMs < log.LastTimeMs ? ReplayRule.Time : null;
    }

    private ReplayRule? TakeStatement(LogState log, ReadOnlySpan<byte> record)
    {
        if (_groupCount != 0) return ReplayRule.Group;
        if (!EpochStatement.TryParse(record, out EpochStatement? statement))
        {
            return ReplayRule.Record;
        }
        if (!EpochOpening.Continues(log, statement)) return ReplayRule.Statement;
        log.Append(statement);
        return null;
    }

    private ReplayRule? TakeSeal(LogState log, ReadOnlySpan<byte> bytes)
    {
        if (_groupCount != 0) return ReplayRule.Group;
        if (!SealRecord.TryParse(bytes, out SealRecord seal)) return ReplayRule.Record;
        if (seal.Header.Epoch != log.Epoch) return ReplayRule.Epoch;
        if (log.IsSealed || seal.Statement != log.Statement.Hash) return ReplayRule.Seal;
        log.AppendSeal(bytes, seal.Header.TimeMs);
        return null;
    }

    // All that a snapshot says follows from the records before it.
    private ReplayRule? TakeSnapshot(LogState log, ReadOnlySpan<byte> bytes)
    {
        if (_groupCount != 0) return ReplayRule.Group;
        if (!SnapshotRecord.TryParse(bytes, out SnapshotRecord snapshot)) return ReplayRule.Record;
        if (snapshot.Header.Epoch != log.Epoch) return ReplayRule.Epoch;
        if (log.IsSealed) return ReplayRule.Seal;
        ulong timeMs = snapshot.Header.TimeMs;
        if (!bytes.SequenceEqual(log.Snapshot(timeMs))) return ReplayRule.Snapshot;
        log.AppendSnapshot(bytes, timeMs);
        return null;
    }

    private ReplayRule? TakeEntry(LogState log, ReadOnlySpan<byte> bytes)
    {
        if (!EntryRecord.TryParse(bytes, out EntryRecord record)) return ReplayRule.Record;
        if (record.Header.Epoch != log.Epoch) return ReplayRule.Epoch;
        if (log.IsSealed) return ReplayRule.Seal;
        if (!IsNextOfGroup(record, log.Size)) return ReplayRule.Group;
        ReplayRule? broken = TakeCells(log, record) ?? TakeIdempotency(log, record);
        if (broken is null) log.Append(TreeHash.Leaf(bytes), record.Header.TimeMs);
        return broken;
    }

    private bool IsNextOfGroup(EntryRecord record, ulong number)
    {
        if (_groupCount == 0)
        {
            _groupCount = record.GroupCount;
            _groupNext = 0;
            _groupStart = number;
        }
        if (record.GroupCount != _groupCount || record.GroupIndex != _groupNext) return false;
        _groupNext++;
        if (_groupNext == _groupCount) _groupCount = 0;
        return true;
    }

    private static ReplayRule? TakeCells(LogState log, EntryRecord record)
    {
        for (int i = 0; i < record.CellCount; i++)
        {
            (Digest key, long value) = record.Cell(i);
            BumpResult bump = log.Cells.Bump(key, record.Header.Number, out long expected);
            if (bump == BumpResult.Full) return ReplayRule.CellsMax;
            if (bump != BumpResult.Bumped || value != expected) return ReplayRule.Cells;
        }
        log.Cells.Commit();
        return null;
    }

    private ReplayRule? TakeIdempotency(LogState log, EntryRecord record)
    {
        if (record.Idempotency.IsZero) return null;
        // As when it was sequenced: a group is judged at the number of its first member.
        log.Window.MoveTo(_groupStart);
        return log.Window.TryAdd(KeyUse.Of(record)) ? null : ReplayRule.Idempotency;
    }
}
