using System.Globalization;
using Sequencer.Bench.Report;

namespace Sequencer.Bench.Suite;

/// <summary>A report as text for a terminal: one table, a group for each part.</summary>
internal static class SuiteText
{
    private const string Indent = "  ";

    /// <summary>What it says, line by line.</summary>
    public static IEnumerable<string> Lines(SuiteReport report) =>
    [
        .. AboutText.Lines(report.Machine, report.Disk),
        Text($"{report.Runs} runs of each: their median (least-most); ")
            + "load generator and enclave on the same cores",
        .. AboutText.Warnings(report.Machine),
        "",
        .. Table(report.Parts).Lines(),
        "",
        .. report.Parts.Select(part => $"{part.Title}: {part.Method}."),
        .. report.Failed.Select(part => $"FAILED: {part.Id}: {part.Reason}"),
        .. Receipts(report.ReceiptsVerified),
    ];

    private static TextTable Table(IReadOnlyList<PartReport> parts)
    {
        var table = new TextTable("what", ">median", "(least-most)", "unit", "and");
        foreach (PartReport part in parts)
        {
            table.Add("", "", "", "", "");
            table.Add(part.Title, "", "", "", "");
            foreach (Figure figure in part.Figures)
            {
                table.Add(
                    Indent + figure.Name,
                    FigureText.Of(figure.Value.Median),
                    FigureText.Range(figure.Value),
                    figure.Unit,
                    string.Join(", ", figure.Details));
            }
        }
        return table;
    }

    private static IEnumerable<string> Receipts(int verified)
    {
        if (verified == 0) yield break;
        yield return Text($"{verified} receipts, sampled under load, were verified down to the ")
            + "root of the attestation (of a simulated enclave: a development root).";
    }

    private static string Text(FormattableString text) =>
        text.ToString(CultureInfo.InvariantCulture);
}
