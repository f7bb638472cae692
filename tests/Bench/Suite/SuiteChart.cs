using System.Globalization;
using Sequencer.Bench.Report;

namespace Sequencer.Bench.Suite;

/// <summary>A report as a chart: a panel for each unit of each part, with its own scale.</summary>
internal static class SuiteChart
{
    /// <summary>Draws a report.</summary>
    public static BarChart Of(SuiteReport report) => new(
        "What each part of the Sequencer does on this machine",
        string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Machine.Processor}, {report.Machine.Cores} cores, {report.Disk.FileSystem} "
            + $"with syncs of {report.Disk.SyncP50Ms:F2} ms, {report.Machine.Date}; "
            + $"median and range of {report.Runs} runs"),
        [
            .. from part in report.Parts
               from figure in part.Figures
               group figure by (part.Title, figure.Unit) into panel
               select new BarPanel(
                   $"{panel.Key.Title}, {panel.Key.Unit}", [.. panel.Select(Bar)]),
        ],
        Key: []);

    // Of the details the first: beside a bar there is room for one.
    private static Bar Bar(Figure figure) => new(
        figure.Name, figure.Value, string.Join("", figure.Details.Take(1)), BarKind.Own);
}
