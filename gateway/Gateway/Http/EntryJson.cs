using System.Text.Json;

namespace Sequencer.Gateway.Http;

/// <summary>Reads the JSON object of an entry (docs/HTTP.md), strictly.</summary>
internal static class EntryJson
{
    // What most who meet the refusal wanted to do.
    private const string Hint =
        "To record a JSON document itself, send it in payload, as a string, or with another "
        + "content type.";

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 3 };

    /// <summary>Reads one object that must fill the bytes.</summary>
    /// <param name="json">The object.</param>
    /// <param name="isBatch">Whether the members of a batch's lines are allowed.</param>
    /// <param name="draft">The entry.</param>
    public static Problem? TryRead(ReadOnlySpan<byte> json, bool isBatch, out EntryDraft draft)
    {
        draft = new EntryDraft();
        try
        {
            var reader = new Utf8JsonReader(json, ReaderOptions);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return Malformed("An object is asked for.");
            }
            Problem? problem = ReadMembers(ref reader, isBatch, draft);
            if (problem is not null) return problem;
            return reader.Read() ? Malformed("Something follows the object.") : null;
        }
        catch (JsonException e)
        {
            return Malformed($"Not JSON, near byte {e.BytePositionInLine}.");
        }
        catch (InvalidOperationException)
        {
            // The reader's word for text that is not UTF-8 or has half a surrogate pair.
            return Malformed("A string is not valid text.");
        }
    }

    private static Problem? ReadMembers(ref Utf8JsonReader reader, bool isBatch, EntryDraft draft)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!seen.Add(name)) return Malformed($"Member {Query.Shorten(name)} stands twice.");
            reader.Read();
            Problem? problem = name switch
            {
                "payload" => ReadText(ref reader, draft),
                "payload_base64" => ReadBytes(ref reader, draft),
                "content_type" => ReadString(ref reader, name, text => draft.ContentType = text),
                "type" => ReadString(ref reader, name, text => draft.Type = text),
                "stream" => ReadString(ref reader, name, text => draft.Stream = text),
                "metadata" => ReadMetadata(ref reader, draft),
                "guards" => GuardJson.TryRead(ref reader, draft.Guards),
                "expected_version" when isBatch => ReadExpected(ref reader, draft),
                "idempotency_key" when isBatch =>
                    ReadString(ref reader, name, text => draft.IdempotencyKey = text),
                _ => new Problem(
                    ProblemKind.UnknownField, $"Member {Query.Shorten(name)} is not known. {Hint}")
                {
                    Field = Query.Shorten(name),
                },
            };
            if (problem is not null) return problem;
        }
        return seen.Contains("payload") == seen.Contains("payload_base64")
            ? Problem.Invalid("payload", "One of payload and payload_base64 is required.")
            : null;
    }

    private static Problem? ReadText(ref Utf8JsonReader reader, EntryDraft draft)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return Problem.Invalid("payload", $"A string is asked for. {Hint}");
        }
        // Unescaping never makes text longer.
        var bytes = new byte[reader.ValueSpan.Length];
        draft.Payload = bytes.AsMemory(0, reader.CopyString(bytes));
        return null;
    }

    private static Problem? ReadBytes(ref Utf8JsonReader reader, EntryDraft draft)
    {
        if (reader.TokenType != JsonTokenType.String
            || !reader.TryGetBytesFromBase64(out byte[]? bytes)
            || !reader.ValueTextEquals(Convert.ToBase64String(bytes)))
        {
            return Problem.Invalid("payload_base64", "Padded base64 is asked for.");
        }
        draft.Payload = bytes;
        return null;
    }

    private static Problem? ReadString(ref Utf8JsonReader reader, string name, Action<string> set)
    {
        if (reader.TokenType != JsonTokenType.String) return NotText(name);
        set(reader.GetString()!);
        return null;
    }

    private static Problem? ReadMetadata(ref Utf8JsonReader reader, EntryDraft draft)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return Problem.Invalid("metadata", "An object of strings is asked for.");
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                return Problem.Invalid("metadata", "An object of strings is asked for.");
            }
            if (!draft.Metadata.TryAdd(key, reader.GetString()!))
            {
                return Malformed($"Member {Query.Shorten(key)} stands twice.");
            }
        }
        return null;
    }

    private static Problem? ReadExpected(ref Utf8JsonReader reader, EntryDraft draft)
    {
        if (!ExpectedVersion.TryRead(ref reader, out ExpectedVersion expected))
        {
            return Problem.Invalid("expected_version", "any, none, exists, or a version from 0.");
        }
        draft.Expected = expected;
        return null;
    }

    private static Problem NotText(string field) => Problem.Invalid(
        field, "A string is asked for.");

    private static Problem Malformed(string detail) => new(ProblemKind.InvalidJson, detail);
}
