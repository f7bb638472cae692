namespace Sequencer.Bench.Report;

/// <summary>How a bar is filled.</summary>
internal enum BarKind
{
    /// <summary>The project's own.</summary>
    Own,

    /// <summary>One that can be verified as well.</summary>
    Verifiable,

    /// <summary>What it is compared with.</summary>
    Other,

    /// <summary>One that promises less than the others.</summary>
    Weaker,

    /// <summary>A limit, which promises nothing.</summary>
    Limit,
}

/// <summary>A bar with its range and a note behind its figure.</summary>
internal sealed record Bar(string Label, Spread Value, string Note, BarKind Kind);

/// <summary>Bars that share a scale, from 0 to the longest of them.</summary>
internal sealed record BarPanel(string Title, IReadOnlyList<Bar> Bars);

/// <summary>Horizontal bars in panels; <see cref="BarChartSvg"/> draws them.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Subtitle">Where and how it was measured.</param>
/// <param name="Panels">At least one.</param>
/// <param name="Key">What the kinds of bars stand for; empty where there is but one.</param>
internal sealed record BarChart(
    string Title,
    string Subtitle,
    IReadOnlyList<BarPanel> Panels,
    IReadOnlyList<(BarKind Kind, string Text)> Key);
