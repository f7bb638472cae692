using System.Globalization;
using System.Xml.Linq;

namespace Sequencer.Bench.Report;

/// <summary>
/// Draws a chart as one SVG file, without scripts and without fonts of its own, that follows a
/// reader's light or dark setting.
/// </summary>
internal static class BarChartSvg
{
    /// <summary>Length of the longest bar, range included.</summary>
    public const int BarLength = Width - 2 * Margin - LabelWidth - FigureWidth;

    private const int Width = 960;
    private const int Margin = 24;
    private const int LabelWidth = 320;
    private const int FigureWidth = 230;
    private const int BarHeight = 14;
    private const int RowHeight = 24;
    private const int PanelGap = 18;
    private const int KeyTop = 76;
    private const double KeyCharacterWidth = 6.3;
    private const int HeadHeight = 92;
    private const int HeadHeightWithoutKey = 64;

    // Contrast of text and bars holds on both grounds, and the kinds differ in lightness as well.
    private const string Style =
        """
        text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1f2328}
        .title{font-size:18px;font-weight:600}.panel{font-size:14px;font-weight:600}
        .quiet{fill:#59636e;font-size:12px}.strong{font-weight:600}
        .ground{fill:#fff}.axis{stroke:#d1d9e0}.range{stroke:#1f2328;stroke-width:1.5}
        .own{fill:#0969da}.verifiable{fill:#1a7f64}.other{fill:#8c959f}.weaker{fill:#c8d1da}
        .limit{fill:none;stroke:#8c959f;stroke-dasharray:4 3}
        @media(prefers-color-scheme:dark){text{fill:#f0f6fc}.quiet{fill:#9198a1}
        .ground{fill:#0d1117}.axis{stroke:#3d444d}.range{stroke:#f0f6fc}
        .own{fill:#4493f8}.verifiable{fill:#2da583}.other{fill:#7d8590}
        .weaker{fill:#3d444d}.limit{stroke:#9198a1}}
        """;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    /// <summary>The file.</summary>
    public static string Draw(BarChart chart)
    {
        int head = chart.Key.Count > 0 ? HeadHeight : HeadHeightWithoutKey;
        int height = head + Margin
            + chart.Panels.Sum(panel => PanelGap + RowHeight * (1 + panel.Bars.Count));
        var parts = new List<XElement>
        {
            new(Svg + "style", Style),
            Rectangle("ground", 0, 0, Width, height, radius: 8),
            Words("title", Margin, 34, chart.Title),
            Words("quiet", Margin, 55, chart.Subtitle),
        };
        double x = Margin;
        foreach ((BarKind kind, string text) in chart.Key)
        {
            parts.Add(Rectangle(Class(kind), x, KeyTop, 20, BarHeight));
            parts.Add(Words("quiet", x + 28, KeyTop + 11, text));
            x = Math.Round(x + 28 + text.Length * KeyCharacterWidth + Margin);
        }
        int y = head;
        foreach (BarPanel panel in chart.Panels)
        {
            y += PanelGap;
            parts.AddRange(DrawPanel(panel, y));
            y += RowHeight * (1 + panel.Bars.Count);
        }
        var root = new XElement(
            Svg + "svg",
            new XAttribute("viewBox", $"0 0 {Width} {height}"),
            new XAttribute("width", Width),
            new XAttribute("height", height),
            new XAttribute("role", "img"),
            new XAttribute("aria-label", chart.Title),
            parts);
        return root + "\n";
    }

    private static IEnumerable<XElement> DrawPanel(BarPanel panel, int y)
    {
        const int left = Margin + LabelWidth;
        double unit = BarLength / panel.Bars.Max(bar => bar.Value.Max);
        yield return Words("panel", Margin, y + 16, panel.Title);
        foreach (Bar bar in panel.Bars)
        {
            y += RowHeight;
            int middle = y + RowHeight / 2;
            string emphasis = bar.Kind == BarKind.Own ? "strong" : "plain";
            double end = left + bar.Value.Max * unit;
            yield return Words(emphasis, Margin, middle + 4, bar.Label);
            yield return Rectangle(
                Class(bar.Kind), left, middle - BarHeight / 2,
                Math.Max(bar.Value.Median * unit, 1), BarHeight);
            double start = left + bar.Value.Min * unit;
            yield return Path("range", Text($"M{start:F1} {middle}H{end:F1}"));
            XElement figure = Words(
                emphasis, Math.Round(end) + 8, middle + 4, $"{FigureText.Of(bar.Value.Median)} ");
            figure.Add(new XElement(Svg + "tspan", new XAttribute("class", "quiet"), bar.Note));
            yield return figure;
        }
        int height = RowHeight * panel.Bars.Count;
        yield return Path("axis", Text($"M{left}.5 {y + RowHeight - height}v{height}"));
    }

    private static XElement Rectangle(
        string style, double x, double y, double width, double height, int radius = 2) => new(
        Svg + "rect",
        new XAttribute("class", style),
        new XAttribute("x", x),
        new XAttribute("y", y),
        new XAttribute("width", Math.Round(width, 1)),
        new XAttribute("height", height),
        new XAttribute("rx", radius));

    private static XElement Words(string style, double x, double y, string words) => new(
        Svg + "text",
        new XAttribute("class", style),
        new XAttribute("x", x),
        new XAttribute("y", y),
        words);

    private static XElement Path(string style, string steps) =>
        new(Svg + "path", new XAttribute("class", style), new XAttribute("d", steps));

    private static string Class(BarKind kind) => kind switch
    {
        BarKind.Own => "own",
        BarKind.Verifiable => "verifiable",
        BarKind.Weaker => "weaker",
        BarKind.Limit => "limit",
        _ => "other",
    };

    private static string Text(FormattableString text) =>
        text.ToString(CultureInfo.InvariantCulture);
}
