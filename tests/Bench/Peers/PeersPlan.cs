using System.Globalization;

namespace Sequencer.Bench.Peers;

/// <summary>What the verb <c>peers</c> was asked to do.</summary>
/// <param name="Packages">The folder that <c>tests/peers/fetch</c> filled.</param>
/// <param name="Output">Where the table, the figures and the chart are written.</param>
/// <param name="Rounds">How often every system is started on empty data and put under its loads.
/// </param>
/// <param name="WarmUp">How long answers to each load are not counted.</param>
/// <param name="Measured">How long they are.</param>
/// <param name="Only">Ids of the systems to measure; empty for all.</param>
internal sealed record PeersPlan(
    string Packages,
    string Output,
    int Rounds,
    TimeSpan WarmUp,
    TimeSpan Measured,
    IReadOnlyList<string> Only)
{
    private const int RoundsMax = 20;
    private const double SecondsMax = 60;

    /// <summary>How the arguments of the verb <c>peers</c> are written.</summary>
    public const string Usage =
        "peers --peers DIR --output DIR [--rounds N] [--seconds S] [--warm-up S] [--only ID,ID]";

    /// <summary>Reads the arguments of the verb.</summary>
    public static PeersPlan? TryParse(ReadOnlySpan<string> arguments)
    {
        string packages = "", output = "";
        string[] only = [];
        int rounds = 3;
        double seconds = 3, warmUp = 1.5;
        if (arguments.Length % 2 != 0) return null;
        for (int i = 0; i < arguments.Length; i += 2)
        {
            string value = arguments[i + 1];
            switch (arguments[i])
            {
                case "--peers":
                    packages = value;
                    break;
                case "--output":
                    output = value;
                    break;
                case "--only":
                    only = value.Split(',');
                    break;
                case "--rounds" when int.TryParse(
                    value, NumberStyles.None, CultureInfo.InvariantCulture, out rounds):
                case "--seconds" when TryRead(value, out seconds):
                case "--warm-up" when TryRead(value, out warmUp):
                    break;
                default:
                    return null;
            }
        }
        if (packages == "" || output == "" || rounds is < 1 or > RoundsMax) return null;
        return new PeersPlan(
            packages, output, rounds,
            TimeSpan.FromSeconds(warmUp), TimeSpan.FromSeconds(seconds), only);
    }

    private static bool TryRead(string text, out double seconds) =>
        double.TryParse(
            text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds)
        && seconds is > 0 and <= SecondsMax;
}
