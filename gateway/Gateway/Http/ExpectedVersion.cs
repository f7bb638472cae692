using System.Text.Json;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Http;

/// <summary>What a caller expects of a stream before its entry is appended.</summary>
/// <param name="Guard">The guard, or null for whatever it is.</param>
/// <param name="Version">The version, for <see cref="OperationCode.VersionEquals"/>.</param>
public readonly record struct ExpectedVersion(OperationCode? Guard, long Version)
{
    /// <summary>The headers that say it, of which a request has at most one.</summary>
    public static IReadOnlyList<string> Headers { get; } =
        ["If-Match", "If-None-Match", "Expected-Version"];

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
    /// Reads the conditional headers of a request, of which there is at most one: <c>If-Match</c>
    /// with one strong tag or a star, <c>If-None-Match</c> with a star, or <c>Expected-Version</c>
    /// with a word or a version.
    /// </summary>
    public static bool TryRead(
        IHeaderDictionary headers, out ExpectedVersion expected, out Problem? problem)
    {
        expected = Any;
        problem = null;
        string[] said = [.. Headers.Where(headers.ContainsKey)];
        if (said.Length > 1)
        {
            problem = Problem.Invalid(said[0], $"{said[0]} and {said[1]} exclude each other.");
            return false;
        }
        if (said.Length == 0) return true;
        string? text = headers[said[0]];
        problem = said[0] switch
        {
            "If-Match" => TryParseTag(text, out expected)
                ? null
                : Problem.Invalid(said[0], "A version in quotes, such as \"3\", or *."),
            "If-None-Match" => text == "*"
                ? null
                : Problem.Invalid(said[0], "Only * is taken here."),
            _ => TryParseWord(text, out expected) || TryParseVersion(text, out expected)
                ? null
                : Problem.Invalid(said[0], "any, none, exists, or a version from 0."),
        };
        if (said[0] == "If-None-Match") expected = None;
        return problem is null;
    }

    /// <summary>Reads the value of a member: a word or a version.</summary>
    public static bool TryRead(ref Utf8JsonReader reader, out ExpectedVersion expected)
    {
        expected = Any;
        if (reader.TokenType == JsonTokenType.String)
        {
            return TryParseWord(reader.GetString(), out expected);
        }
        if (reader.TokenType != JsonTokenType.Number
            || !reader.TryGetInt64(out long version) || version < 0)
        {
            return false;
        }
        expected = At(version);
        return true;
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
        return TryParseVersion(text[1..^1], out expected);
    }

    private static bool TryParseVersion(string? digits, out ExpectedVersion expected)
    {
        bool isVersion = Query.TryParse(digits, out ulong version) && version <= long.MaxValue;
        expected = isVersion ? At((long)version) : Any;
        return isVersion;
    }
}
