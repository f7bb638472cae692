using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Snapshots;

/// <summary>
/// Cells and idempotency window, folded from the records in their order: the content of a snapshot
/// (docs/PROTOCOL.md section 4). What it comes to is compared with the snapshot, so that records are
/// taken as they are.
/// </summary>
internal sealed class ContentFold(uint window)
{
    private const int ReadBytes = 1024 * 1024;

    private readonly Queue<KeyUse> _uses = new();

    /// <summary>The cells, in the order of their first use.</summary>
    public CellList Cells { get; } = new();

    /// <summary>The uses, oldest first.</summary>
    public IReadOnlyCollection<KeyUse> Uses => _uses;

    /// <summary>The number that comes next.</summary>
    public ulong Next { get; set; }

    /// <summary>Adds a use, as a content has it.</summary>
    public void Add(in KeyUse use) => _uses.Enqueue(use);

    /// <summary>Takes the records from <see cref="Next"/> up to a snapshot, and forgets what is not
    /// in its window.</summary>
    public void Take(LogView view, ulong snapshot, CancellationToken cancellationToken)
    {
        var buffer = new byte[ReadBytes];
        while (Next < snapshot)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int left = (int)Math.Min(int.MaxValue, snapshot - Next);
            ReadOnlySpan<byte> rest =
                buffer.AsSpan(0, view.ReadRecords(Next, buffer, out int count, left));
            while (EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> record))
            {
                if (EntryRecord.TryParse(record, out EntryRecord entry)) Take(entry);
            }
            Next += (ulong)count;
        }
        MoveTo(snapshot);
    }

    /// <summary>True if this is what a snapshot holds the digests of.</summary>
    public bool IsOf(SnapshotFields fields) =>
        fields.CellCount == Cells.Count
        && fields.UseCount == _uses.Count
        && fields.Cells == SnapshotDigest.OfCells(Cells)
        && fields.Window == SnapshotDigest.OfWindow(_uses);

    private void Take(EntryRecord entry)
    {
        ulong number = entry.Header.Number;
        for (int i = 0; i < entry.CellCount; i++)
        {
            CellValue cell = entry.Cell(i);
            var now = new Cell(cell.Value, number);
            int index = Cells.IndexOf(cell.Key);
            if (index < 0) Cells.Add(cell.Key, now);
            else Cells[index] = now;
        }
        if (entry.Idempotency.IsZero) return;
        MoveTo(number);
        _uses.Enqueue(KeyUse.Of(entry));
    }

    private void MoveTo(ulong number)
    {
        while (_uses.TryPeek(out KeyUse oldest) && number - oldest.Number > window) _uses.Dequeue();
    }
}
