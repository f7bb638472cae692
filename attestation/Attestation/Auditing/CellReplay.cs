using Sequencer.Attestation.Log;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// The cells as the records say (docs/PROTOCOL.md section 12.4): each value one above its last, and
/// not more cells than the policy's configuration allows, which also bounds the memory.
/// </summary>
internal sealed class CellReplay(uint cellsMax, FaultList faults)
{
    private bool _isWhole = true;

    /// <summary>The cells so far.</summary>
    public CellList Cells { get; } = new();

    /// <summary>Records are missing: from here on values may jump ahead once more.</summary>
    public void Skip() => _isWhole = false;

    public void Take(EntryRecord entry, ulong number)
    {
        for (int i = 0; i < entry.CellCount; i++) Take(entry.Cell(i), number);
    }

    private void Take(in CellValue cell, ulong number)
    {
        int index = Cells.IndexOf(cell.Key);
        if (index < 0 && Cells.Count >= cellsMax)
        {
            faults.Add(new AuditFault(
                VerificationRule.CellsMax, $"at most {cellsMax} cells", $"one more, {cell.Key}")
            { Number = number });
            return;
        }
        long last = index < 0 ? 0 : Cells[index].Value;
        bool follows = last < long.MaxValue
            && (_isWhole ? cell.Value == last + 1 : cell.Value > last);
        if (!follows)
        {
            faults.Add(new AuditFault(
                VerificationRule.Cells,
                $"a value one above {last} in cell {cell.Key}",
                $"{cell.Value}")
            { Number = number });
        }
        var now = new Cell(cell.Value, number);
        if (index < 0) Cells.Add(cell.Key, now);
        else Cells[index] = now;
    }
}
