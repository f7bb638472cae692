using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Http;

/// <summary>Reads the member <c>guards</c> of an entry (docs/HTTP.md), strictly.</summary>
internal static class GuardJson
{
    private const string Form =
        "Objects with stream, and one of expected_version (none, exists, or a version from 0) and "
        + "unchanged_since (a number).";

    /// <summary>Reads the array that the reader is at.</summary>
    public static Problem? TryRead(ref Utf8JsonReader reader, List<StreamGuard> guards)
    {
        if (reader.TokenType != JsonTokenType.StartArray) return Refused();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (guards.Count == Limits.OperationsMax)
            {
                return Problem.Invalid("guards", $"At most {Limits.OperationsMax}.");
            }
            if (!TryReadOne(ref reader, out StreamGuard guard)) return Refused();
            guards.Add(guard);
        }
        return null;
    }

    private static bool TryReadOne(ref Utf8JsonReader reader, out StreamGuard guard)
    {
        guard = default;
        if (reader.TokenType != JsonTokenType.StartObject) return false;
        string? stream = null;
        ExpectedVersion? expected = null;
        ulong? since = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            bool isTaken = name switch
            {
                "stream" => stream is null && TryReadName(ref reader, out stream),
                "expected_version" => expected is null && TryReadExpected(ref reader, out expected),
                "unchanged_since" => since is null && TryReadNumber(ref reader, out since),
                _ => false,
            };
            if (!isTaken) return false;
        }
        if (stream is null || expected is null == since is null) return false;
        guard = new StreamGuard(stream, expected ?? ExpectedVersion.Any, since);
        return true;
    }

    private static bool TryReadName(ref Utf8JsonReader reader, out string? name)
    {
        name = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return name is not null
            && Encoding.UTF8.GetByteCount(name) is > 0 and <= Limits.NameMaxBytes;
    }

    private static bool TryReadExpected(ref Utf8JsonReader reader, out ExpectedVersion? expected)
    {
        bool isKnown = ExpectedVersion.TryRead(ref reader, out ExpectedVersion read);
        expected = read;
        return isKnown && read.Guard is not null;
    }

    private static bool TryReadNumber(ref Utf8JsonReader reader, out ulong? number)
    {
        number = null;
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetUInt64(out ulong read))
        {
            return false;
        }
        number = read;
        return true;
    }

    private static Problem Refused() => Problem.Invalid("guards", Form);
}
