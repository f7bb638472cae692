using System.Globalization;

namespace Sequencer.Bench.Report;

/// <summary>Figures with three digits that count, or all that are before the point.</summary>
internal static class FigureText
{
    /// <summary>One figure.</summary>
    public static string Of(double value) => value.ToString(
        Math.Abs(value) switch
        {
            >= 99.95 => "N0",
            >= 9.995 => "N1",
            _ => "N2",
        },
        CultureInfo.InvariantCulture);

    /// <summary>The least and the most of several.</summary>
    public static string Range(Spread spread) => $"({Of(spread.Min)}-{Of(spread.Max)})";
}
