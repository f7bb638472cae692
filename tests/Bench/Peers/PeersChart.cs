using System.Globalization;
using Sequencer.Bench.Report;

namespace Sequencer.Bench.Peers;

/// <summary>A report as a chart: panels of loads that compare, each with its own scale.</summary>
internal static class PeersChart
{
    private static readonly (BarKind Kind, string Text)[] Key =
    [
        (BarKind.Own, "durable, verifiable, attested"),
        (BarKind.Verifiable, "durable, verifiable"),
        (BarKind.Other, "durable"),
        (BarKind.Weaker, "acknowledged before a sync"),
        (BarKind.Limit, "HTTP alone"),
    ];

    /// <summary>Draws a report.</summary>
    public static BarChart Of(PeersReport report)
    {
        Machine machine = report.Machine;
        return new BarChart(
            "Durable appends of 256-byte entries, entries a second",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{machine.Processor}, {machine.Cores} cores with the load generator, "
                + $"{report.Disk.FileSystem} with syncs of {report.Disk.SyncP50Ms:F2} ms, "
                + $"{machine.Date}; median and range of {report.Method.Rounds} runs"),
            [
                .. from row in report.Rows
                   orderby row.EntriesPerSecond.Median descending
                   group row by Panel(row) into panel
                   orderby panel.Key
                   select new BarPanel(
                       panel.Key.Title, [.. panel.Select(row => Bar(row, panel.Key))]),
            ],
            Key);
    }

    private static (int Order, string Title) Panel(PeerRow row) => row switch
    {
        { EntriesPerCall: > 1 } => (int.MaxValue, "Many entries a call"),
        { Connections: 1 } => (1, "One entry a call, one connection"),
        _ => (
            row.Connections,
            string.Create(
                CultureInfo.InvariantCulture,
                $"One entry a call, {row.Connections:N0} connections")),
    };

    private static Bar Bar(PeerRow row, (int Order, string Title) panel)
    {
        string label = row.System;
        if (panel.Order == int.MaxValue)
        {
            label += string.Create(
                CultureInfo.InvariantCulture, $", {row.Mode}, {row.Connections} conn.");
        }
        else if (row.Mode != PeerLoad.Single)
        {
            label += row.Mode[row.Mode.IndexOf(',')..];
        }
        return new Bar(
            label,
            row.EntriesPerSecond,
            string.Create(CultureInfo.InvariantCulture, $"p50 {row.P50Ms:F2} ms"),
            row.Guarantees switch
            {
                { Attested: true } => BarKind.Own,
                { Ordered: false, Durable: false } => BarKind.Limit,
                { Durable: false } => BarKind.Weaker,
                { Verifiable: true } => BarKind.Verifiable,
                _ => BarKind.Other,
            });
    }
}
