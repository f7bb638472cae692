using System.Globalization;
using System.Numerics;

namespace Sequencer.Cli;

/// <summary>Numbers of things, as people say them: <c>1 entry</c>, <c>2 entries</c>.</summary>
internal static class Counted
{
    /// <summary>A number and what it is of.</summary>
    /// <param name="count">How many.</param>
    /// <param name="one">The word for one.</param>
    /// <param name="many">The word for any other number; null for one with an s.</param>
    public static string Of<T>(T count, string one, string? many = null)
        where T : IBinaryInteger<T> =>
        string.Create(
            CultureInfo.InvariantCulture, $"{count} {(count == T.One ? one : many ?? one + "s")}");
}
