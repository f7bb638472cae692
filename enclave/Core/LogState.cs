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
        Statement = genesis;
        Append(genesis);
    }

    public Digest LogId { get; }

    public LogConfiguration Configuration { get; }

    public CellTable Cells { get; }

    public IdempotencyWindow Window { get; }

    public TreeFrontier Tree { get; } = new();

    /// <summary>The newest statement in the log.</summary>
    public EpochStatement Statement { get; private set; }

    /// <summary>The number that the next record takes.</summary>
    public ulong Size => Tree.Size;

    public uint Epoch => Statement.Fields.Epoch;

    /// <summary>True if the last record is a seal: only a statement may follow.</summary>
    public bool IsSealed { get; private set; }

    /// <summary>Leaf hash of the last record.</summary>
    public Digest LastLeaf { get; private set; }

    /// <summary>Time of the last record, Unix milliseconds.</summary>
    public ulong LastTimeMs { get; private set; }

    /// <summary>Appends a statement, which begins its epoch.</summary>
    public void Append(EpochStatement statement)
    {
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

    /// <summary>Appends an entry whose cells and idempotency digest are taken care of.</summary>
    public void Append(in Digest leaf, ulong timeMs)
    {
        Tree.Append(leaf);
        LastLeaf = leaf;
        LastTimeMs = timeMs;
    }
}
