namespace Sequencer.Bench.Report;

/// <summary>A table for a terminal: columns as wide as what is in them.</summary>
/// <param name="columns">Their names; one that begins with <c>&gt;</c> has its cells at the right.
/// </param>
internal sealed class TextTable(params string[] columns)
{
    private const string Gap = "  ";

    private readonly List<string[]> _rows = [[.. columns.Select(name => name.TrimStart('>'))]];

    /// <summary>Adds a row, with a cell for each column.</summary>
    public void Add(params string[] cells)
    {
        if (cells.Length != columns.Length)
        {
            throw new ArgumentException($"{columns.Length} cells are wanted.", nameof(cells));
        }
        _rows.Add(cells);
    }

    /// <summary>The lines, names first, without blanks at their ends.</summary>
    public IEnumerable<string> Lines()
    {
        int[] widths =
            [.. Enumerable.Range(0, columns.Length).Select(i => _rows.Max(row => row[i].Length))];
        return _rows.Select(row => string.Join(Gap, row.Select(Pad)).TrimEnd());

        string Pad(string cell, int i) =>
            columns[i].StartsWith('>') ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]);
    }
}
