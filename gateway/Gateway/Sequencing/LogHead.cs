using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Where the log stands: enough to tell whether a batch of the enclave's continues it. Immutable.
/// </summary>
/// <remarks>
/// Signatures are not verified here: that is the readers' business, who do not believe the gateway
/// either. This keeps a broken enclave or link from being written to disk.
/// </remarks>
public sealed class LogHead
{
    private readonly TreeFrontier _frontier;

    private LogHead(
        TreeFrontier frontier,
        Digest last,
        ulong timeMs,
        EpochStatement? statement,
        Digest logId,
        bool isSealed)
    {
        _frontier = frontier;
        LastLeaf = last;
        TimeMs = timeMs;
        Statement = statement;
        LogId = logId;
        IsSealed = isSealed;
    }

    /// <summary>The head of no log at all.</summary>
    public static LogHead Empty { get; } = new(
        new TreeFrontier(), Digest.Zero, 0, null, Digest.Zero, isSealed: false);

    /// <summary>Count of records.</summary>
    public ulong Size => _frontier.Size;

    /// <summary>Root over them.</summary>
    public Digest Root => _frontier.Root();

    /// <summary>Leaf hash of the last record; zero without one.</summary>
    public Digest LastLeaf { get; }

    /// <summary>Time of the last record, Unix milliseconds.</summary>
    public ulong TimeMs { get; }

    /// <summary>The newest epoch's statement; null without one.</summary>
    public EpochStatement? Statement { get; }

    /// <summary>The log; zero without one.</summary>
    public Digest LogId { get; }

    /// <summary>True if the last record is a seal: only a statement may follow.</summary>
    public bool IsSealed { get; }

    /// <summary>Number of the newest snapshot; 0 without one.</summary>
    public ulong LastSnapshot { get; private init; }

    /// <summary>The head of a store's view.</summary>
    /// <exception cref="StoreDamagedException">Its records do not bear out its checkpoint.</exception>
    public static LogHead Of(LogView view)
    {
        if (view.Size == 0) return Empty;
        TreeFrontier frontier = RestoreFrontier(view);
        byte[] last = view.ReadRecord(view.Size - 1);
        if (!RecordHeader.TryRead(last, out RecordHeader header)
            || !EpochStatement.TryParse(view.ReadRecord(0), out EpochStatement? genesis)
            || !EpochStatement.TryParse(
                view.ReadRecord(view.Statements[^1].Number), out EpochStatement? statement)
            || !TryReadCheckpoint(view.Checkpoint.Span, out Checkpoint? checkpoint)
            || checkpoint.Size != view.Size || checkpoint.Root != frontier.Root())
        {
            throw new StoreDamagedException(
                "log", "the records do not bear out the last checkpoint.");
        }
        return new LogHead(
            frontier,
            TreeHash.Leaf(last),
            header.TimeMs,
            statement,
            genesis.LogId,
            header.Type == RecordType.Seal)
        {
            LastSnapshot = view.Snapshots.Count > 0 ? view.Snapshots[^1] : 0,
        };
    }

    /// <summary>
    /// The head after a batch; null, with the reason for people, when the batch does not continue this
    /// one or its checkpoint is not that of its records.
    /// </summary>
    public LogHead? TryExtend(BatchAnswer answer, out string fault)
    {
        fault = $"the batch starts at {answer.StartSize}, the log has {Size} records";
        if (answer.StartSize != Size) return null;
        fault = "the batch has no records";
        if (answer.RecordCount == 0) return null;

        TreeFrontier frontier = _frontier.Clone();
        (Digest last, ulong timeMs, EpochStatement? statement, Digest logId, bool isSealed) =
            (LastLeaf, TimeMs, Statement, LogId, IsSealed);
        ulong snapshot = LastSnapshot;
        ReadOnlySpan<byte> rest = answer.Records.Span;
        while (EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> record))
        {
            fault = $"record {frontier.Size} does not continue the log";
            if (!RecordHeader.TryRead(record, out RecordHeader header)) return null;
            if (header.Number != frontier.Size || header.Previous != last) return null;
            if (header.TimeMs < timeMs) return null;
            if (header.Type == RecordType.Statement)
            {
                if (!EpochStatement.TryParse(record, out EpochStatement? opened)) return null;
                if (!IsNext(opened, statement, logId, frontier, isSealed)) return null;
                statement = opened;
                logId = opened.LogId;
            }
            else if (isSealed || header.Epoch != statement?.Fields.Epoch)
            {
                return null;
            }
            else if (!EntryRecord.TryParse(record, out _)
                && !IsSealOf(statement, record)
                && !IsSnapshotOf(statement, frontier, record))
            {
                return null;
            }
            isSealed = header.Type == RecordType.Seal;
            if (header.Type == RecordType.Snapshot) snapshot = header.Number;
            last = TreeHash.Leaf(record);
            timeMs = header.TimeMs;
            frontier.Append(last);
        }
        fault = "the checkpoint is not that of the records";
        if (!TryReadCheckpoint(answer.Checkpoint.Span, out Checkpoint? checkpoint)) return null;
        if (checkpoint.Size != frontier.Size || checkpoint.Root != frontier.Root()) return null;
        if (checkpoint.Origin != statement?.Fields.Configuration.Origin) return null;
        fault = "";
        return new LogHead(frontier, last, timeMs, statement, logId, isSealed)
        {
            LastSnapshot = snapshot,
        };
    }

    private static bool IsSealOf(EpochStatement statement, ReadOnlySpan<byte> record) =>
        SealRecord.TryParse(record, out SealRecord seal) && seal.Statement == statement.Hash;

    // Whether it tells the truth of cells and keys is known when its content is computed.
    private static bool IsSnapshotOf(
        EpochStatement statement, TreeFrontier frontier, ReadOnlySpan<byte> record) =>
        SnapshotRecord.TryParse(record, out SnapshotRecord snapshot)
        && snapshot.Fields.Statement == statement.Hash
        && snapshot.Frontier().Root() == frontier.Root();

    private static bool IsNext(
        EpochStatement opened,
        EpochStatement? before,
        Digest logId,
        TreeFrontier frontier,
        bool isSealed) =>
        before is null
            ? opened.Fields.Epoch == 0
            : opened.Fields.Epoch == before.Fields.Epoch + 1
                && isSealed == (opened.Fields.PreviousEnd == PreviousEpochEnd.Sealed)
                && opened.Fields.LogId == logId
                && opened.Fields.PreviousRoot == frontier.Root()
                && opened.Fields.PreviousStatement == before.Hash
                && opened.Fields.Configuration.Text == before.Fields.Configuration.Text;

    private static bool TryReadCheckpoint(
        ReadOnlySpan<byte> note, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        return SignedNote.TryParse(note, out SignedNote? signed, out _)
            && Checkpoint.TryParse(signed.Text.Span, out checkpoint, out _);
    }

    private static TreeFrontier RestoreFrontier(LogView view)
    {
        TileHashSource source = view.OpenHashes();
        var hashes = new Digest[BitOperations.PopCount(view.Size)];
        ulong before = 0;
        int at = 0;
        for (int level = 63; level >= 0; level--)
        {
            if ((view.Size >> level & 1) == 0) continue;
            hashes[at++] = source.Read(level, before >> level);
            before += 1UL << level;
        }
        return TreeFrontier.TryRestore(view.Size, hashes, out TreeFrontier frontier)
            ? frontier
            : throw new StoreDamagedException("log", "larger than any log can be.");
    }
}
