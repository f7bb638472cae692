using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Core;

/// <summary>
/// Rebuilds a log at one of its snapshots from the content that the gateway gives, and believes
/// none of it: the log is there once the snapshot that it would write itself is the record, byte for
/// byte. That the record is the log's own, the head shows at the end of the replay.
/// </summary>
internal sealed class SnapshotRestore
{
    private readonly LogState _log;
    private readonly byte[] _record;
    private uint _cellsLeft;
    private uint _usesLeft;

    private SnapshotRestore(LogState log, byte[] record, SnapshotFields fields)
    {
        _log = log;
        _record = record;
        _cellsLeft = fields.CellCount;
        _usesLeft = fields.UseCount;
    }

    /// <summary>The snapshot's number.</summary>
    public ulong Number => _log.Size;

    /// <summary>True when no content is to come.</summary>
    public bool IsWhole => _cellsLeft == 0 && _usesLeft == 0;

    /// <summary>
    /// Begins: Done, ReplayRefused, or BadConfiguration for what is beyond this image's limits.
    /// </summary>
    public static CoreResult TryBegin(
        CoreLimits limits,
        ReadOnlySpan<byte> statementBytes,
        ReadOnlySpan<byte> record,
        out SnapshotRestore? restore)
    {
        restore = null;
        if (!EpochStatement.TryParse(statementBytes, out EpochStatement? statement)
            || !SnapshotRecord.TryParse(record, out SnapshotRecord snapshot))
        {
            return CoreResult.ReplayRefused;
        }
        SnapshotFields fields = snapshot.Fields;
        if (fields.Statement != statement.Hash) return CoreResult.ReplayRefused;
        // Checked here, before the tables are made: it is the gateway that says how large they are.
        LogConfiguration configuration = statement.Fields.Configuration;
        if (!EpochOpening.Allows(limits, configuration)) return CoreResult.BadConfiguration;
        if (fields.CellCount > configuration.CellsMax
            || fields.UseCount > configuration.IdempotencyWindow)
        {
            return CoreResult.ReplayRefused;
        }
        restore = new SnapshotRestore(new LogState(statement, snapshot), record.ToArray(), fields);
        return CoreResult.Done;
    }

    /// <summary>
    /// Takes the next cells, and after them the next uses: Done; ReplayRefused for one that is there
    /// twice; MalformedFrame unless all of it is whole items that were announced.
    /// </summary>
    public CoreResult Take(ReadOnlySpan<byte> content)
    {
        while (_cellsLeft > 0 && content.Length >= CellList.CellBytes)
        {
            if (!_log.Cells.Cells.TryRead(content)) return CoreResult.ReplayRefused;
            content = content[CellList.CellBytes..];
            _cellsLeft--;
        }
        while (_cellsLeft == 0 && _usesLeft > 0 && content.Length >= KeyUse.Bytes)
        {
            if (!_log.Window.TryAdd(KeyUse.Read(content))) return CoreResult.ReplayRefused;
            content = content[KeyUse.Bytes..];
            _usesLeft--;
        }
        return content.IsEmpty ? CoreResult.Done : CoreResult.MalformedFrame;
    }

    /// <summary>The log with its snapshot; null if the content is not the snapshot's.</summary>
    public LogState? TryFinish()
    {
        ulong timeMs = _log.LastTimeMs;
        return _log.Snapshot(timeMs).AsSpan().SequenceEqual(_record)
            ? Finish(timeMs)
            : null;
    }

    private LogState Finish(ulong timeMs)
    {
        _log.AppendSnapshot(_record, timeMs);
        return _log;
    }
}
