using System.Globalization;

namespace Sequencer.Bench.Load;

/// <summary>Connections that each send their next call when the last one was answered.</summary>
/// <param name="Target">The server: <c>redis://</c>, <c>nats://</c>, <c>postgresql://</c> or
/// <c>http://</c>, an address of this machine, with the path to post to.</param>
/// <param name="Connections">How many.</param>
/// <param name="EntriesPerCall">A pipeline, an insert of many rows, or a batch.</param>
/// <param name="WarmUp">How long nothing is counted.</param>
/// <param name="Measured">How long answers are counted.</param>
/// <param name="Numbers">Above 0 the calls are reads: an asterisk in the path stands for a number
/// from 1 to this, another in each.</param>
internal sealed record LoadPlan(
    Uri Target,
    int Connections,
    int EntriesPerCall,
    TimeSpan WarmUp,
    TimeSpan Measured,
    int Numbers = 0)
{
    private const int ConnectionsMax = 4096;
    private const int EntriesMax = 4096;
    private const int NumbersMax = 1_000_000_000;
    private const double SecondsMax = 60;

    /// <summary>How the arguments of the verb <c>load</c> are written.</summary>
    public const string Usage =
        "load URL [--connections N] [--entries N] [--warm-up SECONDS] [--seconds SECONDS]"
        + " [--numbers N]";

    /// <summary>Reads the arguments of the verb.</summary>
    public static LoadPlan? TryParse(ReadOnlySpan<string> arguments)
    {
        if (arguments.Length % 2 != 1
            || !Uri.TryCreate(arguments[0], UriKind.Absolute, out Uri? target))
        {
            return null;
        }
        int connections = 1, entries = 1, numbers = 0;
        double warmUp = 1, seconds = 3;
        for (int i = 1; i < arguments.Length; i += 2)
        {
            string value = arguments[i + 1];
            bool isRead = arguments[i] switch
            {
                "--connections" => TryRead(value, ConnectionsMax, out connections),
                "--entries" => TryRead(value, EntriesMax, out entries),
                "--numbers" => TryRead(value, NumbersMax, out numbers),
                "--warm-up" => TryRead(value, out warmUp),
                "--seconds" => TryRead(value, out seconds),
                _ => false,
            };
            if (!isRead) return null;
        }
        return new LoadPlan(
            target, connections, entries,
            TimeSpan.FromSeconds(warmUp), TimeSpan.FromSeconds(seconds), numbers);
    }

    /// <summary>The plan as arguments of the verb.</summary>
    public IEnumerable<string> ToArguments() =>
    [
        Target.ToString(),
        "--connections", Connections.ToString(CultureInfo.InvariantCulture),
        "--entries", EntriesPerCall.ToString(CultureInfo.InvariantCulture),
        "--warm-up", WarmUp.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        "--seconds", Measured.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        .. Numbers > 0
            ? (string[])["--numbers", Numbers.ToString(CultureInfo.InvariantCulture)]
            : [],
    ];

    /// <summary>The client's side of one of its connections.</summary>
    /// <exception cref="WireException">There is none for this kind of address.</exception>
    public IWire NewWire() => Target.Scheme switch
    {
        "redis" => new RedisWire(EntriesPerCall),
        "nats" => new NatsWire(EntriesPerCall),
        "postgresql" => new PostgresWire(EntriesPerCall),
        "http" when Numbers > 0 => new HttpReadWire(Target, EntriesPerCall, Numbers),
        "http" => new HttpWire(Target, EntriesPerCall),
        _ => throw new WireException($"There is no client for {Target.Scheme}."),
    };

    private static bool TryRead(string text, int max, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
        && value >= 1 && value <= max;

    private static bool TryRead(string text, out double seconds) =>
        double.TryParse(
            text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds)
        && seconds is >= 0 and <= SecondsMax;
}
