using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Log;

namespace Sequencer.Client;

/// <summary>Reads records as docs/HTTP.md takes them apart.</summary>
internal static class EntryViewJson
{
    /// <exception cref="UnexpectedAnswerException">It is malformed, or its metadata is not the
    /// record's.</exception>
    public static EntryView Read(JsonElement element)
    {
        var read = new AnswerObject(element);
        byte[] record = read.Base64("record");
        return new EntryView(
            record,
            ReadMetadata(read, record),
            read.OptionalText("stream"),
            ReadPayload(read));
    }

    /// <exception cref="UnexpectedAnswerException">It is malformed.</exception>
    public static (List<EntryView> Entries, ulong? Next) ReadPage(ReadOnlyMemory<byte> body)
    {
        using JsonDocument json = AnswerObject.Parse(body);
        var read = new AnswerObject(json.RootElement);
        List<EntryView> entries = [.. read.Array("entries").Select(Read)];
        return (entries, read.TryGet("next", out _) ? read.UInt64("next") : null);
    }

    private static ReadOnlyMemory<byte>? ReadPayload(AnswerObject read)
    {
        if (read.TryGet("payload_base64", out _)) return read.Base64("payload_base64");
        if (read.TryGet("payload", out _)) return Encoding.UTF8.GetBytes(read.Text("payload"));
        return null;
    }

    private static EntryMetadata? ReadMetadata(AnswerObject read, byte[] record)
    {
        if (!EntryRecord.TryParse(record, out EntryRecord entry)) return null;
        if (!read.TryGet("metadata", out _)) return null;
        bool isRight = EntryMetadata.TryCreate(
            read.Text("type"),
            read.Text("content_type"),
            read.TextPairs("metadata"),
            out EntryMetadata metadata,
            out _);
        return isRight && Derivation.Metadata(metadata.Block.Span) == entry.Metadata
            ? metadata
            : throw AnswerObject.Wrong("metadata", "what the record is committed to");
    }
}
