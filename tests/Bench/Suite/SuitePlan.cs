using System.Globalization;

namespace Sequencer.Bench.Suite;

/// <summary>What the verb <c>suite</c> was asked to do.</summary>
/// <param name="Only">Ids of the parts to measure; empty for all.</param>
/// <param name="Runs">Runs that each figure sums up.</param>
/// <param name="Output">Where table, figures and chart are written; null for nowhere.</param>
internal sealed record SuitePlan(IReadOnlyList<string> Only, int Runs, string? Output)
{
    /// <summary>How the arguments of the verb <c>suite</c> are written.</summary>
    public const string Usage = "suite [--only ID,ID] [--runs N] [--output DIR]";

    private const int RunsMax = 20;

    /// <summary>Reads the arguments of the verb.</summary>
    public static SuitePlan? TryParse(ReadOnlySpan<string> arguments)
    {
        var plan = new SuitePlan([], 3, null);
        if (arguments.Length % 2 != 0) return null;
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string value = arguments[i + 1];
            switch (arguments[i])
            {
                case "--only":
                    plan = plan with { Only = value.Split(',') };
                    break;
                case "--runs" when int.TryParse(
                    value, NumberStyles.None, CultureInfo.InvariantCulture, out int runs)
                    && runs is >= 1 and <= RunsMax:
                    plan = plan with { Runs = runs };
                    break;
                case "--output":
                    plan = plan with { Output = value };
                    break;
                default:
                    return null;
            }
        }
        return plan;
    }
}
