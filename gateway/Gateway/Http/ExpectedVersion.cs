using System.Globalization;
using System.Text.Json;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Http;

/// <summary>What a caller expects of a stream before its entry is appended.</summary>
/// <param name="Guard">The guard, or null for whatever it is.</param>
/// <param name="Version">The version, for <see cref="OperationCode.VersionEquals"/>.</param>
public readonly record struct ExpectedVersion(OperationCode? Guard, long Version)
{
    /// <summary>Whatever it is.</summary>
    public static ExpectedVersion Any => default;

    /// <summary>The stream does not exist yet.</summary>
    public static ExpectedVersion None => new(OperationCode.NotExists, 0);

    /// <summary>The stream exists.</summary>
    public static ExpectedVersion Exists => new(OperationCode.Exists, 0);

    /// <summary>The stream is at this version.</summary>
    public static ExpectedVersion At(long version) => new(OperationCode.VersionEquals, version);

    /// <summary>Reads <c>any</c>, <c>none</c> or <c>exists</c>.</summary>
    public static bool TryParseWord(string? word, out ExpectedVersion expected)
    {
        (bool known, expected) = word switch
        {
            "any" => (true, Any),
            "none" => (true, None),
            "exists" => (true, Exists),
            _ => (false, Any),
        };
        return known;
    }

    /// <summary>
    /// Reads the conditional headers of a request: <c>If-Match</c> with one strong tag or a star,
    /// <c>If-None-Match</c> with a star.
    /// </summary>
    public static bool TryRead(
        IHeaderDictionary headers, out ExpectedVersion expected, out Problem? problem)
    {
        expected = Any;
        problem = null;
        bool hasMatch = headers.TryGetValue("If-Match", out var match);
        bool hasNoneMatch = headers.TryGetValue("If-None-Match", out var noneMatch);
        if (hasMatch && hasNoneMatch)
        {
            problem = Problem.Invalid("If-Match", "If-Match and If-None-Match exclude each other.");
        }
        else if (hasNoneMatch)
        {
            expected = None;
            if (noneMatch != "*")
            {
                problem = Problem.Invalid("If-None-Match", "Only * is taken here.");
            }
        }
        else if (hasMatch && !TryParseTag(match, out expected))
        {
            problem = Problem.Invalid("If-Match", "A version in quotes, such as \"3\", or *.");
        }
        return problem is null;
    }

    /// <summary>Writes it as the batch's <c>expected_version</c> has it.</summary>
    public void WriteTo(Utf8JsonWriter json, string name)
    {
        switch (Guard)
        {
            case OperationCode.VersionEquals: json.WriteNumber(name, Version); break;
            case OperationCode.Exists: json.WriteString(name, "exists"); break;
            case OperationCode.NotExists: json.WriteString(name, "none"); break;
            default: json.WriteString(name, "any"); break;
        }
    }

    private static bool TryParseTag(string? text, out ExpectedVersion expected)
    {
        expected = Exists;
        if (text == "*") return true;
        if (text is null || text.Length < 3 || text[0] != '"' || text[^1] != '"') return false;
        string digits = text[1..^1];
        if (digits.Length > 1 && digits[0] == '0') return false;
        bool isNumber = long.TryParse(
            digits, NumberStyles.None, CultureInfo.InvariantCulture, out long version);
        expected = At(version);
        return isNumber;
    }
}
