using System.Globalization;
using Sequencer.Bench.Peers;
using Sequencer.Bench.Report;
using Sequencer.Bench.Suite;

namespace Sequencer.Bench.Readme;

/// <summary>Reports as Markdown, each a table under a line about machine and date.</summary>
internal static class ReadmeTables
{
    /// <summary>The headlines of a run of the suite.</summary>
    public static IEnumerable<string> Of(SuiteReport report) =>
    [
        $"`make bench`, {About(report.Machine, report.Disk, report.Runs)}",
        "",
        .. MarkdownTable(
            ["", "> median", "> least-most", "", ""],
            from part in report.Parts
            from figure in part.Figures
            where figure.IsHeadline
            select (string[])
            [
                $"{part.Title}: {figure.Name}",
                FigureText.Of(figure.Value.Median),
                FigureText.Range(figure.Value).Trim('(', ')'),
                figure.Unit,
                string.Join(", ", figure.Details),
            ]),
    ];

    /// <summary>All rows of a run beside other systems.</summary>
    public static IEnumerable<string> Of(PeersReport report) =>
    [
        $"`make bench-peers`, {About(report.Machine, report.Disk, report.Method.Rounds)}",
        "",
        .. MarkdownTable(
            [
                "", "a call is", "> connections", "> entries/s", "> least-most", "> p50 ms",
                "> p99 ms", "an acknowledged entry is",
            ],
            from row in report.Rows
            select (string[])
            [
                row.System,
                row.Mode,
                row.Connections.ToString("N0", CultureInfo.InvariantCulture),
                FigureText.Of(row.EntriesPerSecond.Median),
                FigureText.Range(row.EntriesPerSecond).Trim('(', ')'),
                FigureText.Of(row.P50Ms),
                FigureText.Of(row.P99Ms),
                row.Guarantees.ToString(),
            ]),
    ];

    private static string About(Machine machine, DiskProbe disk, int runs) => string.Create(
        CultureInfo.InvariantCulture,
        $"{machine.Date}, {machine.Processor} with {machine.Cores} cores and {machine.MemoryGib} "
        + $"GiB, {disk.FileSystem} with syncs of {disk.SyncP50Ms:F2} ms (p99 "
        + $"{disk.SyncP99Ms:F2} ms); median of {runs} runs:");

    // Columns whose name begins with "> " have their cells at the right.
    private static IEnumerable<string> MarkdownTable(
        string[] columns, IEnumerable<string[]> rows) =>
    [
        Line(columns.Select(name => name.StartsWith("> ", StringComparison.Ordinal)
            ? name[2..]
            : name)),
        "|" + string.Concat(columns.Select(name => name.StartsWith('>') ? "---:|" : "---|")),
        .. rows.Select(Line),
    ];

    private static string Line(IEnumerable<string> cells) =>
        "| " + string.Join(" | ", cells.Select(Escaped)) + " |";

    private static string Escaped(string cell) =>
        cell.Replace("|", "\\|", StringComparison.Ordinal);
}
