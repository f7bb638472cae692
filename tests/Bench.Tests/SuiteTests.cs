using System.Text.Json;
using Sequencer.Bench.Peers;
using Sequencer.Bench.Readme;
using Sequencer.Bench.Report;
using Sequencer.Bench.Suite;

namespace Sequencer.Bench.Tests;

public class SuiteTests
{
    private static readonly Machine Machine = new(
        "a processor", 2, 8.0, "Linux 6", ".NET 10", "2026-01-02 03:04 UTC", BusyCores: 0.01);

    private static readonly DiskProbe Disk = new("ext4", 0.25, 0.5);

    [Fact]
    public void Runs_sum_up_to_a_figure_for_each_name_in_the_order_of_their_first_runs()
    {
        var samples = new Samples();
        foreach (double value in (double[])[30, 10, 20])
        {
            samples.Add("b", "records/s", value, true, new Detail("time", "ns", 1 / value));
            samples.Add("a", "s", -value, false);
        }

        IReadOnlyList<Figure> figures = samples.Figures();

        Assert.Equal(["b", "a"], figures.Select(figure => figure.Name));
        Assert.Equal(["records/s", "s"], figures.Select(figure => figure.Unit));
        Assert.Equal([true, false], figures.Select(figure => figure.IsHeadline));
        Assert.Equal(
            [new Spread(20, 10, 30), new Spread(-20, -30, -10)],
            figures.Select(figure => figure.Value));
        Assert.Equal([new Detail("time", "ns", 0.05)], figures[0].Details);
        Assert.Empty(figures[1].Details);
    }

    [Theory]
    [InlineData("", 3, null)]
    [InlineData("--runs 5 --output there", 5, "there")]
    [InlineData("--only core,link", 3, null, "core", "link")]
    public void Arguments_make_a_plan(
        string arguments, int runs, string? output, params string[] only)
    {
        SuitePlan? plan = SuitePlan.TryParse(Split(arguments));

        Assert.NotNull(plan);
        Assert.Equal(runs, plan.Runs);
        Assert.Equal(output, plan.Output);
        Assert.Equal(only, plan.Only);
    }

    [Theory]
    [InlineData("--runs")]
    [InlineData("--runs 0")]
    [InlineData("--runs 21")]
    [InlineData("--rounds 3")]
    public void Other_arguments_make_none(string arguments)
    {
        Assert.Null(SuitePlan.TryParse(Split(arguments)));
    }

    [Fact]
    public void The_table_has_a_group_for_each_part()
    {
        string[] lines = [.. SuiteText.Lines(Report())];

        int at = Array.IndexOf(lines, "the core");
        Assert.True(at > 0);
        Assert.StartsWith("  plain at 0    2,000,000  (1,900,000-2,100,000)", lines[at + 1]);
        Assert.EndsWith("records/s  time 500 ns/record", lines[at + 1]);
        Assert.Equal("a restart", lines[at + 3]);
        Assert.Contains("the core: on one thread.", lines);
        Assert.Contains("FAILED: link: no socket", lines);
        Assert.Contains(lines, line => line.StartsWith("7 receipts", StringComparison.Ordinal));
    }

    [Fact]
    public void The_chart_has_a_panel_for_each_unit_of_a_part()
    {
        BarChart chart = SuiteChart.Of(Report());

        Assert.Equal(
            ["the core, records/s", "a restart, s"], chart.Panels.Select(panel => panel.Title));
        Assert.Equal("time 500 ns/record", chart.Panels[0].Bars[0].Note);
        Assert.Equal("", chart.Panels[1].Bars[0].Note);
    }

    [Fact]
    public void A_report_is_read_back_as_it_was_written()
    {
        string json = Report().ToJson();

        Assert.Equal(json, SuiteReport.FromJson(json).ToJson());
    }

    [Fact]
    public void The_form_of_the_JSON_is_that_of_the_document()
    {
        using var document = JsonDocument.Parse(Report().ToJson());
        JsonElement root = document.RootElement;

        Assert.Equal("sequencer-bench/v1", root.GetProperty("format").GetString());
        Assert.Equal(3, root.GetProperty("runs").GetInt32());
        Assert.Equal(0.25, root.GetProperty("disk").GetProperty("sync_p50_ms").GetDouble());
        Assert.Equal("link", root.GetProperty("failed")[0].GetProperty("id").GetString());
        Assert.Equal(7, root.GetProperty("receipts_verified").GetInt32());
        JsonElement part = root.GetProperty("parts")[0];
        Assert.Equal("core", part.GetProperty("id").GetString());
        JsonElement figure = part.GetProperty("figures")[0];
        Assert.Equal("plain at 0", figure.GetProperty("name").GetString());
        Assert.Equal("records/s", figure.GetProperty("unit").GetString());
        Assert.Equal(1_900_000, figure.GetProperty("value").GetProperty("min").GetDouble());
        Assert.True(figure.GetProperty("is_headline").GetBoolean());
        JsonElement detail = figure.GetProperty("details")[0];
        Assert.Equal("time", detail.GetProperty("name").GetString());
        Assert.Equal("ns/record", detail.GetProperty("unit").GetString());
        Assert.Equal(500, detail.GetProperty("value").GetDouble());
    }

    [Fact]
    public void A_report_of_another_form_is_refused()
    {
        Assert.Throws<JsonException>(() => SuiteReport.FromJson("{}"));
        Assert.Throws<JsonException>(() => SuiteReport.FromJson(PeersOnly().ToJson()));
        Assert.Throws<JsonException>(() => PeersReport.FromJson(Report().ToJson()));
    }

    [Fact]
    public void A_page_gets_the_headlines_with_machine_and_date()
    {
        string[] lines = [.. ReadmeTables.Of(Report())];

        Assert.StartsWith("`make bench`, 2026-01-02 03:04 UTC, a processor with 2 cores", lines[0]);
        Assert.Equal("|---|---:|---:|---|---|", lines[3]);
        Assert.Equal(
            "| the core: plain at 0 | 2,000,000 | 1,900,000-2,100,000 | records/s "
            + "| time 500 ns/record |",
            lines[4]);
        Assert.Equal(5, lines.Length);
    }

    [Fact]
    public void A_page_gets_every_row_beside_other_systems()
    {
        PeersReport report = PeersReport.FromJson(PeersOnly().ToJson());
        string[] lines = [.. ReadmeTables.Of(report)];

        Assert.StartsWith("`make bench-peers`, 2026-01-02", lines[0]);
        Assert.Equal(
            "| other | one entry | 1,024 | 5,000 | 4,000-6,000 | 1.50 | 2.50 | ordered, durable |",
            lines[^1]);
    }

    private static string[] Split(string arguments) =>
        arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static SuiteReport Report() => new(
        Machine, Disk, 3,
        [
            new PartReport("core", "the core", "on one thread",
            [
                new Figure(
                    "plain at 0", "records/s", new Spread(2e6, 1.9e6, 2.1e6),
                    [new Detail("time", "ns/record", 500)], IsHeadline: true),
            ]),
            new PartReport("restart", "a restart", "after a crash",
                [new Figure("from the log", "s", new Spread(1.5, 1, 2), [], IsHeadline: false)]),
        ],
        [new FailedPart("link", "no socket")],
        ReceiptsVerified: 7);

    private static PeersReport PeersOnly() => new(
        Machine, Disk, new Method(3, 1, 3, 256),
        [
            new PeerRow(
                "other", "1.0", "one entry", 1024, 1, new Spread(5000, 4000, 6000), 1.5, 2.5, 3.5,
                new Guarantees(Ordered: true, Durable: true), "synced"),
        ],
        [], 0);
}
