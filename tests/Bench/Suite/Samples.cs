using Sequencer.Bench.Report;

namespace Sequencer.Bench.Suite;

/// <summary>Runs as they come, in any order, and the figures that they sum up to.</summary>
internal sealed class Samples
{
    private readonly List<string> _names = [];
    private readonly Dictionary<string, List<Sample>> _runs = [];

    /// <summary>Adds a run of what this name stands for.</summary>
    /// <param name="name">In the order of their first runs names make the figures.</param>
    /// <param name="unit">The same for all runs of the name.</param>
    /// <param name="value">What was measured.</param>
    /// <param name="isHeadline">As <see cref="Figure.IsHeadline"/>.</param>
    /// <param name="details">The same names and units for all runs of the name.</param>
    public void Add(
        string name, string unit, double value, bool isHeadline, params Detail[] details)
    {
        if (!_runs.TryGetValue(name, out List<Sample>? runs))
        {
            _names.Add(name);
            _runs.Add(name, runs = []);
        }
        runs.Add(new Sample(unit, value, isHeadline, details));
    }

    /// <summary>One figure for each name.</summary>
    public IReadOnlyList<Figure> Figures() => [.. _names.Select(name => Sum(name, _runs[name]))];

    private static Figure Sum(string name, List<Sample> runs) => new(
        name,
        runs[0].Unit,
        Spread.Of(runs.Select(run => run.Value)),
        [
            .. runs[0].Details.Select((detail, i) => detail with
            {
                Value = Spread.Of(runs.Select(run => run.Details[i].Value)).Median,
            }),
        ],
        runs[0].IsHeadline);

    private sealed record Sample(string Unit, double Value, bool IsHeadline, Detail[] Details);
}
