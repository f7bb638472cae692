using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Core;

/// <summary>What bumping a cell came to.</summary>
internal enum BumpResult
{
    Bumped,
    Full,
    Overflow,
}

/// <summary>
/// All cells of a log, and the way back: changes since the last <see cref="Commit"/> can be undone,
/// so that a refused group leaves no trace, in the order of the cells neither.
/// </summary>
/// <remarks>
/// Room for all <c>cells-max</c> is taken at once: the pages are not touched before they are used,
/// no append ever waits for a table to grow, and a log that opens does not run out of memory later.
/// </remarks>
internal sealed class CellTable(uint cellsMax)
{
    private readonly List<(int Index, Cell Before)> _undo = [];

    /// <summary>The cells in the order of their first use.</summary>
    public CellList Cells { get; } = new((int)cellsMax);

    public int Count => Cells.Count;

    /// <summary>The cell, or the zero cell where there is none.</summary>
    public Cell Get(in Digest key)
    {
        int index = Cells.IndexOf(key);
        return index < 0 ? default : Cells[index];
    }

    /// <summary>Adds one to a cell, making it if need be; changes nothing unless Bumped.</summary>
    public BumpResult Bump(in Digest key, ulong number, out long value)
    {
        int index = Cells.IndexOf(key);
        Cell before = index < 0 ? default : Cells[index];
        value = before.Value;
        if (index < 0 && Cells.Count >= cellsMax) return BumpResult.Full;
        if (before.Value == long.MaxValue) return BumpResult.Overflow;
        var now = new Cell(++value, number);
        if (index < 0) index = Cells.Add(key, now);
        else Cells[index] = now;
        _undo.Add((index, before));
        return BumpResult.Bumped;
    }

    /// <summary>Makes all changes final.</summary>
    public void Commit() => _undo.Clear();

    /// <summary>Takes back all changes since the last commit, the latest first.</summary>
    public void Undo()
    {
        for (int i = _undo.Count - 1; i >= 0; i--)
        {
            (int index, Cell before) = _undo[i];
            // Of the cells that are left, one that was made since the commit is the newest.
            if (before.Exists) Cells[index] = before;
            else Cells.RemoveNewest();
        }
        _undo.Clear();
    }
}
