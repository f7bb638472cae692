using System.Globalization;
using Sequencer.Bench.Report;

namespace Sequencer.Bench.Peers;

/// <summary>A report as text for a terminal.</summary>
internal static class PeersText
{
    /// <summary>What it says, line by line.</summary>
    public static IEnumerable<string> Lines(PeersReport report) =>
    [
        .. About(report),
        "",
        .. Figures(report.Rows),
        "",
        .. Promises(report.Rows),
        "",
        .. report.Skipped.Select(row => row.ToString()),
        Receipts(report.ReceiptsVerified),
    ];

    private static IEnumerable<string> About(PeersReport report) =>
    [
        .. AboutText.Lines(report.Machine, report.Disk),
        Text($"entries of {report.Method.EntryBytes} bytes, closed loop over loopback, load ")
            + Text($"generator on the same cores; runs of {report.Method.MeasuredSeconds} s, ")
            + Text($"{report.Method.Rounds} of each: their median (least-most)"),
        .. AboutText.Warnings(report.Machine),
    ];

    private static IEnumerable<string> Figures(IReadOnlyList<PeerRow> rows)
    {
        var table = new TextTable(
            "system", "a call is", ">connections", ">entries/s", ">(least-most)",
            ">p50 ms", ">p99 ms", ">p99.9 ms", "an acknowledged entry is");
        foreach (PeerRow row in rows)
        {
            table.Add(
                row.System, row.Mode, Text($"{row.Connections:N0}"),
                Text($"{row.EntriesPerSecond.Median:N0}"),
                Text($"({row.EntriesPerSecond.Min:N0}-{row.EntriesPerSecond.Max:N0})"),
                Text($"{row.P50Ms:F2}"), Text($"{row.P99Ms:F2}"), Text($"{row.P999Ms:F2}"),
                row.Guarantees.ToString());
        }
        return table.Lines();
    }

    private static IEnumerable<string> Promises(IReadOnlyList<PeerRow> rows)
    {
        var table = new TextTable("system", "version", "answers when");
        foreach (PeerRow row in rows.DistinctBy(row => row.System))
        {
            table.Add(row.System, row.Version, row.Promise);
        }
        return table.Lines();
    }

    private static string Receipts(int verified) => verified == 0
        ? "No receipt was verified."
        : Text($"{verified} receipts of the Sequencer, sampled under load, were verified down to ")
            + "the root of the attestation (of a simulated enclave: a development root).";

    private static string Text(FormattableString text) =>
        text.ToString(CultureInfo.InvariantCulture);
}
