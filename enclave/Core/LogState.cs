using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Enclave.Core;

/// <summary>
/// All that the records so far come to: tree, chain, time, cells, window and the last statement.
/// Sequencing and replay both end here, so that they cannot differ.
/// </summary>
internal sealed class LogState
{
    public LogState(EpochStatement genesis)
    {
        LogId = genesis.LogId;
        Configuration = genesis.Fields.Configuration;
        Cells = new CellTable(Configuration.CellsMax);
        Window = new IdempotencyWindow(Configuration.IdempotencyWindow);
        Tree = new TreeFrontier();
        Statement = genesis;
        Append(TreeHash.Leaf(genesis.Bytes.Span), genesis.Fields.TimeMs);
    }

    /// <summary>
    /// The log before a snapshot, as the snapshot says and with no cells and no window yet. The
    /// statement is the one whose hash it holds. Its time stands for that of the record before.
    /// </summary>
    public LogState(EpochStatement statement, SnapshotRecord snapshot)
    {
        LogId = statement.LogId;
        Configuration = statement.Fields.Configuration;
        Cells = new CellTable(Configuration.CellsMax);
        Window = new IdempotencyWindow(Configuration.IdempotencyWindow);
        Tree = snapshot.Frontier();
        Statement = statement;
        StatementBeforeTimeMs = snapshot.Fields.StatementBeforeTimeMs;
        LastLeaf = snapshot.Header.Previous;
        LastTimeMs = snapshot.Header.TimeMs;
    }

    public Digest LogId { get; }

    public LogConfiguration Configuration { get; }

    public CellTable Cells { get; }

    public IdempotencyWindow Window { get; }

    public TreeFrontier Tree { get; }

    /// <summary>The newest statement in the log.</summary>
    public EpochStatement Statement { get; private set; }

    /// <summary>The number that the next record takes.</summary>
    public ulong Size => Tree.Size;

    public uint Epoch => Statement.Fields.Epoch;

    /// <summary>
    /// Time of the statement before the newest, Unix milliseconds; 0 if there is none.
    /// </summary>
    public ulong StatementBeforeTimeMs { get; private set; }

    /// <summary>True if the last record is a seal: only a statement may follow.</summary>
    public bool IsSealed { get; private set; }

    /// <summary>Leaf hash of the last record.</summary>
    public Digest LastLeaf { get; private set; }

    /// <summary>Time of the last record, Unix milliseconds.</summary>
    public ulong LastTimeMs { get; private set; }

    /// <summary>Appends a statement, which begins its epoch.</summary>
    public void Append(EpochStatement statement)
    {
        StatementBeforeTimeMs = Statement.Fields.TimeMs;
        Statement = statement;
        IsSealed = false;
        Append(TreeHash.Leaf(statement.Bytes.Span), statement.Fields.TimeMs);
    }

    /// <summary>Appends a seal, which ends its epoch.</summary>
    public void AppendSeal(ReadOnlySpan<byte> seal, ulong timeMs)
    {
        IsSealed = true;
        Append(TreeHash.Leaf(seal), timeMs);
    }

    /// <summary>
    /// The snapshot that would be the next record. Forgets what the window will not need again.
    /// </summary>
    public byte[] Snapshot(ulong timeMs)
    {
        Window.MoveTo(Size);
        var fields = new SnapshotFields(
            (uint)Cells.Count,
            (uint)Window.Count,
            StatementBeforeTimeMs,
            Statement.Hash,
            SnapshotDigest.OfCells(Cells.Cells),
            Window.Digest());
        var record = new byte[SnapshotRecord.Length(Size)];
        SnapshotRecord.Write(record, Tree, Epoch, timeMs, LastLeaf, fields);
        return record;
    }

    /// <summary>Appends a snapshot, which changes nothing of what it tells.</summary>
    public void AppendSnapshot(ReadOnlySpan<byte> snapshot, ulong timeMs) =>
        Append(TreeHash.Leaf(snapshot), timeMs);

    /// <summary>Appends an entry whose cells and idempotency digest are taken care of.</summary>
    public void Append(in Digest leaf, ulong timeMs)
    {
        Tree.Append(leaf);
        LastLeaf = leaf;
        LastTimeMs = timeMs;
    }
}
