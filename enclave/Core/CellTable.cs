using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sequencer.Attestation;

namespace Sequencer.Enclave.Core;

/// <summary>A cell as it stands.</summary>
/// <param name="Value">For a stream its version; 0 for a cell that does not exist.</param>
/// <param name="LastChanged">
/// The number that last changed it; 0 for a cell that does not exist, since number 0 is the
/// genesis.
/// </param>
internal readonly record struct Cell(long Value, ulong LastChanged)
{
    public bool Exists => LastChanged != 0;
}

/// <summary>What bumping a cell came to.</summary>
internal enum BumpResult
{
    Bumped,
    Full,
    Overflow,
}

/// <summary>
/// All cells of a log, and the way back: changes since the last <see cref="Commit"/> can be undone,
/// so that a refused group leaves no trace.
/// </summary>
/// <remarks>
/// Room for all <c>cells-max</c> is taken at once: the pages are not touched before they are used,
/// no append ever waits for a table to grow, and a log that opens does not run out of memory later.
/// </remarks>
internal sealed class CellTable(uint cellsMax)
{
    private readonly Dictionary<Digest, Cell> _cells = new((int)cellsMax);
    private readonly List<(Digest Key, Cell Before)> _undo = [];

    public int Count => _cells.Count;

    /// <summary>The cell, or the zero cell where there is none.</summary>
    public Cell Get(in Digest key)
    {
        ref readonly Cell cell = ref CollectionsMarshal.GetValueRefOrNullRef(_cells, key);
        return Unsafe.IsNullRef(in cell) ? default : cell;
    }

    /// <summary>Adds one to a cell, making it if need be; changes nothing unless Bumped.</summary>
    public BumpResult Bump(in Digest key, ulong number, out long value)
    {
        Cell before = Get(key);
        value = before.Value;
        if (!before.Exists && _cells.Count >= cellsMax) return BumpResult.Full;
        if (before.Value == long.MaxValue) return BumpResult.Overflow;
        value++;
        _undo.Add((key, before));
        _cells[key] = new Cell(value, number);
        return BumpResult.Bumped;
    }

    /// <summary>Sets a cell without a way back: a replayed record's.</summary>
    public void Set(in Digest key, Cell cell) => _cells[key] = cell;

    /// <summary>Makes all changes final.</summary>
    public void Commit() => _undo.Clear();

    /// <summary>Takes back all changes since the last commit, the latest first.</summary>
    public void Undo()
    {
        for (int i = _undo.Count - 1; i >= 0; i--)
        {
            (Digest key, Cell before) = _undo[i];
            if (before.Exists) _cells[key] = before;
            else _cells.Remove(key);
        }
        _undo.Clear();
    }
}
