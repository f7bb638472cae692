using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>A record taken apart as JSON.</summary>
internal static class EntryJsonView
{
    /// <summary>Writes the object of <c>GET /v1/entries/{number}</c>.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="stored">The record and what travels beside it.</param>
    /// <param name="reader">The caller's tenant: what travels beside another tenant's record is not
    /// told.</param>
    /// <param name="payload">The payload, if it is wanted and there.</param>
    public static void Write(
        Utf8JsonWriter json,
        StoredHead stored,
        in Digest reader,
        ReadOnlyMemory<byte>? payload = null)
    {
        ReadOnlySpan<byte> record = stored.Record.Span;
        if (!RecordHeader.TryRead(record, out RecordHeader header))
        {
            throw new StoreDamagedException("log", "a record that is none.");
        }
        bool isEntry = EntryRecord.TryParse(record, out EntryRecord entry);
        json.WriteStartObject();
        json.WriteNumber("number", header.Number);
        json.WriteString("kind", header.Type switch
        {
            RecordType.Entry => "entry",
            RecordType.Seal => "seal",
            RecordType.Snapshot => "snapshot",
            _ => "statement",
        });
        json.WriteNumber("epoch", header.Epoch);
        json.WriteString("time", JsonBody.Time(header.TimeMs));
        json.WriteString("previous", header.Previous.ToHex());
        json.WriteString("leaf_hash", TreeHash.Leaf(record).ToHex());
        json.WriteBase64String("record", record);
        if (isEntry) WriteEntry(json, entry, stored, entry.Tenant == reader);
        if (isEntry && entry.Tenant == reader && payload is { } bytes)
        {
            WritePayload(json, bytes.Span);
        }
        json.WriteEndObject();
    }

    // As text where it is text, since most payloads are, and are read by people.
    private static void WritePayload(Utf8JsonWriter json, ReadOnlySpan<byte> payload)
    {
        if (Utf8.IsValid(payload)) json.WriteString("payload", payload);
        else json.WriteBase64String("payload_base64", payload);
    }

    private static void WriteEntry(
        Utf8JsonWriter json, EntryRecord entry, StoredHead stored, bool isOwn)
    {
        json.WriteStartObject("group");
        json.WriteNumber("first", entry.Header.Number - entry.GroupIndex);
        json.WriteNumber("index", entry.GroupIndex);
        json.WriteNumber("count", entry.GroupCount);
        json.WriteEndObject();
        json.WriteString("tenant", entry.Tenant.ToHex());
        json.WriteString("payload_digest", entry.Payload.ToHex());
        json.WriteNumber("payload_length", entry.PayloadLength);
        if (isOwn && EntryMetadata.TryParse(stored.Metadata.Span, out EntryMetadata? metadata))
        {
            json.WriteString("type", metadata!.Type);
            json.WriteString("content_type", metadata.ContentType);
            json.WriteStartObject("metadata");
            foreach ((string key, string value) in metadata.Pairs) json.WriteString(key, value);
            json.WriteEndObject();
        }
        json.WriteString("request_digest", entry.Request.ToHex());
        json.WriteBoolean("idempotent", !entry.Idempotency.IsZero);
        if (isOwn && entry.CellCount > 0 && TryFindStream(stored.Request.Span, out string stream))
        {
            json.WriteString("stream", stream);
            json.WriteNumber("version", AppendAnswer.VersionOf(entry));
        }
    }

    private static bool TryFindStream(ReadOnlySpan<byte> bytes, out string stream)
    {
        stream = "";
        if (!AppendRequest.TryParse(bytes, out AppendRequest request)) return false;
        foreach (Operation operation in request.Operations)
        {
            if (!operation.IsUpdate || operation.Kind != CellKind.Stream) continue;
            stream = Encoding.UTF8.GetString(operation.Name);
            return true;
        }
        return false;
    }
}
