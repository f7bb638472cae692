using Sequencer.Bench.Report;

namespace Sequencer.Bench.Suite;

/// <summary>Something that was measured several times.</summary>
/// <param name="Name">What, unique in its part.</param>
/// <param name="Unit">Of the value.</param>
/// <param name="Value">Median, least and most of the runs.</param>
/// <param name="Details">What else the runs told.</param>
/// <param name="IsHeadline">True if it belongs into a short table.</param>
internal sealed record Figure(
    string Name, string Unit, Spread Value, IReadOnlyList<Detail> Details, bool IsHeadline);

/// <summary>What a run told beside its figure; in a <see cref="Figure"/> the median of the runs.
/// </summary>
internal sealed record Detail(string Name, string Unit, double Value)
{
    public override string ToString() =>
        $"{Name} {FigureText.Of(Value)} {Unit}";
}
