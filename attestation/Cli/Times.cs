using System.Globalization;

namespace Sequencer.Cli;

/// <summary>Times as this command writes them: RFC 3339, UTC, milliseconds.</summary>
internal static class Times
{
    public static string Text(ulong unixMs) =>
        unixMs <= (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? Text(DateTimeOffset.FromUnixTimeMilliseconds((long)unixMs))
            : $"{unixMs} ms";

    public static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
