using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>A record as an event of CloudEvents 1.0.2 in its JSON format.</summary>
internal static class CloudEventJson
{
    /// <summary>Media type of one event.</summary>
    public const string MediaType = "application/cloudevents+json";

    /// <summary>Media type of a batch: an array of events.</summary>
    public const string BatchMediaType = "application/cloudevents-batch+json";

    // Types of the log's own begin so, and callers' must not.
    private const string OwnTypes = "sequencer.";

    // What a batch with one such payload may nest, with its own array and object.
    private static readonly JsonDocumentOptions DataOptions = new() { MaxDepth = 60 };

    /// <summary>
    /// The source of a log's events, an RFC 3986 network-path reference: its origin, which is an URL
    /// without a scheme. A colon would begin a port, so it is escaped.
    /// </summary>
    /// <param name="checkpoint">A checkpoint of the log, whose first line is the origin.</param>
    public static string SourceOf(ReadOnlySpan<byte> checkpoint)
    {
        int end = checkpoint.IndexOf((byte)'\n');
        return "//" + Encoding.ASCII.GetString(checkpoint[..Math.Max(end, 0)])
            .Replace(":", "%3A", StringComparison.Ordinal);
    }

    /// <summary>Writes one event.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="source">The log.</param>
    /// <param name="stored">The record and what travels beside it.</param>
    /// <param name="reader">The caller's tenant: what travels beside another tenant's record is not
    /// told.</param>
    /// <param name="payload">The same with its payload; null to leave it out.</param>
    public static void Write(
        Utf8JsonWriter json,
        string source,
        StoredHead stored,
        in Digest reader,
        StoredEntry? payload)
    {
        ReadOnlySpan<byte> record = stored.Record.Span;
        if (!RecordHeader.TryRead(record, out RecordHeader header))
        {
            throw new StoreDamagedException("log", "a record that is none.");
        }
        bool isOwn = EntryRecord.TryParse(record, out EntryRecord entry) && entry.Tenant == reader;
        EntryMetadata? metadata = null;
        if (isOwn) _ = EntryMetadata.TryParse(stored.Metadata.Span, out metadata);
        json.WriteStartObject();
        json.WriteString("specversion", "1.0");
        json.WriteString("id", header.Number.ToString(CultureInfo.InvariantCulture));
        json.WriteString("source", source);
        string type = Clean(metadata?.Type);
        json.WriteString(
            "type", type.Length > 0 ? type : OwnTypes + EntryJsonView.KindOf(header.Type));
        json.WriteString("time", JsonBody.Time(header.TimeMs));
        // Padded, so that the order of texts is that of numbers (CloudEvents sequence extension).
        json.WriteString("sequence", header.Number.ToString("D20", CultureInfo.InvariantCulture));
        json.WriteString("leafhash", TreeHash.Leaf(record).ToHex());
        if (isOwn && entry.CellCount > 0
            && EntryJsonView.TryFindStream(stored.Request.Span, out string stream))
        {
            json.WriteString("subject", Clean(stream));
            // Text, since an integer of CloudEvents has 32 bits.
            json.WriteString(
                "streamversion",
                AppendAnswer.VersionOf(entry).ToString(CultureInfo.InvariantCulture));
        }
        if (isOwn && payload is not null)
        {
            WriteData(json, metadata?.ContentType, payload.Payload);
        }
        json.WriteEndObject();
    }

    // As text where text is what it says to be: anything else is bytes.
    private static void WriteData(
        Utf8JsonWriter json, string? contentType, ReadOnlyMemory<byte> data)
    {
        bool isTyped = MediaTypeHeaderValue.TryParse(contentType, out var type);
        if (isTyped) json.WriteString("datacontenttype", contentType);
        if (isTyped && IsUtf8(type!))
        {
            if (IsJson(type!.MediaType!) && TryWriteValue(json, data)) return;
            if (type.MediaType!.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
                && Utf8.IsValid(data.Span))
            {
                json.WriteString("data", data.Span);
                return;
            }
        }
        json.WriteBase64String("data_base64", data.Span);
    }

    private static bool TryWriteValue(Utf8JsonWriter json, ReadOnlyMemory<byte> data)
    {
        try
        {
            using JsonDocument value = JsonDocument.Parse(data, DataOptions);
            json.WritePropertyName("data");
            value.RootElement.WriteTo(json);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsUtf8(MediaTypeHeaderValue type) =>
        type.CharSet is null
        || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase);

    private static bool IsJson(string mediaType) =>
        mediaType.EndsWith("/json", StringComparison.OrdinalIgnoreCase)
        || mediaType.EndsWith("+json", StringComparison.OrdinalIgnoreCase);

    // No attribute has a control character in it (CloudEvents 1.0.2, "Type System").
    private static string Clean(string? text) =>
        text is null || !text.Any(char.IsControl)
            ? text ?? ""
            : string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
