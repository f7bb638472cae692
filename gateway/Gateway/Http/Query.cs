using System.Globalization;

namespace Sequencer.Gateway.Http;

/// <summary>Reads numbers from paths and parameters: decimal digits, no sign, no leading zero.
/// </summary>
internal static class Query
{
    /// <summary>Reads a number.</summary>
    public static bool TryParse(string? text, out ulong value)
    {
        value = 0;
        return text is { Length: > 0 } && (text.Length == 1 || text[0] != '0')
            && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>
    /// Refuses parameters that are not known: a mistyped <c>stream</c> must not append elsewhere.
    /// </summary>
    public static Problem? RefuseUnknown(HttpRequest request, params ReadOnlySpan<string> known)
    {
        foreach (string name in request.Query.Keys)
        {
            if (known.Contains(name)) continue;
            return new Problem(ProblemKind.UnknownField, $"Parameter {name} is not known here.")
            {
                Field = name,
            };
        }
        return null;
    }

    /// <summary>Reads a parameter within a range; the fallback when it is absent.</summary>
    public static Problem? TryRead(
        HttpRequest request, string name, ulong fallback, ulong min, ulong max, out ulong value)
    {
        value = fallback;
        if (!request.Query.TryGetValue(name, out var text)) return null;
        return text.Count == 1 && TryParse(text, out value) && value >= min && value <= max
            ? null
            : Problem.Invalid(name, $"An integer from {min} to {max}.");
    }
}
