using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Http;

/// <summary>Reads numbers from paths and parameters: decimal digits, no sign, no leading zero.
/// </summary>
internal static class Query
{
    private const int QuotedMax = 64;

    /// <summary>Reads a number.</summary>
    public static bool TryParse(string? text, out ulong value)
    {
        value = 0;
        return text is { Length: > 0 } && (text.Length == 1 || text[0] != '0')
            && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>
    /// Whether each escape of a query string is whole and all together make UTF-8. The framework
    /// takes any other escape for the text itself.
    /// </summary>
    public static bool IsWellFormed(string query)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(query);
        int length = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            byte value = bytes[i];
            if (value == '%')
            {
                if (i + 2 >= bytes.Length
                    || !byte.TryParse(
                        bytes.AsSpan(i + 1, 2),
                        NumberStyles.AllowHexSpecifier,
                        CultureInfo.InvariantCulture,
                        out value))
                {
                    return false;
                }
                i += 2;
            }
            bytes[length++] = value;
        }
        return Utf8.IsValid(bytes.AsSpan(0, length));
    }

    /// <summary>Refuses parameters that a path does not know: a misspelt one would be passed over
    /// in silence.</summary>
    public static Problem? RefuseUnknown(HttpRequest request, params ReadOnlySpan<string> known)
    {
        foreach (string name in request.Query.Keys)
        {
            if (known.Contains(name)) continue;
            return new Problem(
                ProblemKind.UnknownField, $"Parameter {Shorten(name)} is not known here.")
            {
                Field = Shorten(name),
            };
        }
        return null;
    }

    /// <summary>A caller's name for a problem to quote, cut to 64 characters.</summary>
    public static string Shorten(string name)
    {
        if (name.Length <= QuotedMax) return name;
        int length = char.IsHighSurrogate(name[QuotedMax - 1]) ? QuotedMax - 1 : QuotedMax;
        return name[..length];
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

    /// <summary>Reads a parameter that is a name; null when it is absent.</summary>
    public static Problem? TryReadName(HttpRequest request, string name, out string? value)
    {
        value = null;
        if (!request.Query.TryGetValue(name, out var text)) return null;
        value = text.ToString();
        return text.Count == 1 && Encoding.UTF8.GetByteCount(value) is > 0 and <= Limits.NameMaxBytes
            ? null
            : Problem.Invalid(name, "1 to 255 bytes of text.");
    }

    /// <summary>Reads the parameter <c>category</c>; null when it is absent.</summary>
    public static Problem? TryReadCategory(HttpRequest request, out string? value) =>
        TryReadName(request, "category", out value) is { } problem ? problem
        : value?.Contains('-', StringComparison.Ordinal) is true
            ? Problem.Invalid("category", "A category ends before the first hyphen of a name.")
            : null;

    /// <summary>Reads a parameter that is <c>true</c> or <c>false</c>.</summary>
    public static Problem? TryReadFlag(
        HttpRequest request, string name, bool fallback, out bool value)
    {
        value = fallback;
        if (!request.Query.TryGetValue(name, out var text)) return null;
        value = text == "true";
        return value || text == "false" ? null : Problem.Invalid(name, "true or false.");
    }
}
