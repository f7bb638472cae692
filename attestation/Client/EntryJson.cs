using System.Buffers;
using System.Text.Json;
using Sequencer.Attestation.Log;

namespace Sequencer.Client;

/// <summary>Writes an entry as the JSON object of docs/HTTP.md.</summary>
internal static class EntryJson
{
    /// <summary>Writes one object.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="isBatch">True for the line of a batch, which has what headers have.</param>
    public static void Write(IBufferWriter<byte> destination, NewEntry entry, bool isBatch)
    {
        using var json = new Utf8JsonWriter(destination);
        json.WriteStartObject();
        json.WriteBase64String("payload_base64", entry.Payload.Span);
        if (entry.ContentType.Length > 0) json.WriteString("content_type", entry.ContentType);
        if (entry.Type.Length > 0) json.WriteString("type", entry.Type);
        if (entry.Metadata.Count > 0)
        {
            json.WriteStartObject("metadata");
            foreach ((string key, string value) in entry.Metadata) json.WriteString(key, value);
            json.WriteEndObject();
        }
        if (entry.Stream is not null) json.WriteString("stream", entry.Stream);
        if (entry.Guards.Count > 0) WriteGuards(json, entry.Guards);
        if (isBatch) WriteConditions(json, entry);
        json.WriteEndObject();
    }

    private static void WriteGuards(Utf8JsonWriter json, IReadOnlyList<StreamGuard> guards)
    {
        json.WriteStartArray("guards");
        foreach (StreamGuard guard in guards)
        {
            json.WriteStartObject();
            json.WriteString("stream", guard.Stream);
            if (guard.Number is { } number) json.WriteNumber("unchanged_since", number);
            WriteExpected(json, guard.Expected);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteConditions(Utf8JsonWriter json, NewEntry entry)
    {
        WriteExpected(json, entry.Expected);
        if (entry.IdempotencyKey is not null)
        {
            json.WriteString("idempotency_key", entry.IdempotencyKey);
        }
    }

    private static void WriteExpected(Utf8JsonWriter json, ExpectedVersion expected)
    {
        switch (expected.Guard)
        {
            case OperationCode.NotExists: json.WriteString("expected_version", "none"); break;
            case OperationCode.Exists: json.WriteString("expected_version", "exists"); break;
            case OperationCode.VersionEquals:
                json.WriteNumber("expected_version", expected.Version);
                break;
        }
    }
}
