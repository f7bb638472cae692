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
            ReadPayload(read),
            read.TryGet("erased", out _) ? read.UInt64("erased") : null);
    }

    /// <exception cref="UnexpectedAnswerException">It is malformed.</exception>
    public static (List<EntryView> Entries, ulong? Next) ReadPage(ReadOnlyMemory<byte> body)
    {
        using JsonDocument json = AnswerObject.Parse(body);
        var read = new AnswerObject(json.RootElement);
        List<EntryView> entries = [.. read.Array("entries").Select(Read)];
        return (entries, read.TryGet("next", out _) ? read.UInt64("next") : null);
    }

    private static SaltedPayload? ReadPayload(AnswerObject read)
    {
        byte[]? payload = read.TryGet("payload_base64", out _) ? read.Base64("payload_base64")
            : read.OptionalText("payload") is { } text ? Encoding.UTF8.GetBytes(text)
            : null;
        if (payload is null) return null;
        byte[] salt = read.TryGet("salt", out _) ? read.Base64("salt") : [];
        return salt.Length is 0 or Limits.SaltBytes
            ? new SaltedPayload(payload, salt)
            : throw AnswerObject.Wrong("salt", "base64 of 32 bytes");
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
