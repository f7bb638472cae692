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

    /// <summary>Reads the payload and its salt; null if the answer has none.</summary>
    public static SaltedPayload? ReadPayload(AnswerObject read)
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

    /// <summary>Reads the metadata of an entry, null if the answer has none; false if it is not the
    /// record's.</summary>
    public static bool TryReadMetadata(
        AnswerObject read, byte[] record, out EntryMetadata? metadata)
    {
        metadata = null;
        if (!EntryRecord.TryParse(record, out EntryRecord entry)) return true;
        if (!read.TryGet("metadata", out _)) return true;
        return EntryMetadata.TryCreate(
            read.Text("type"),
            read.Text("content_type"),
            read.TextPairs("metadata"),
            out metadata,
            out _)
            && Derivation.Metadata(metadata.Block.Span) == entry.Metadata;
    }

    private static EntryMetadata? ReadMetadata(AnswerObject read, byte[] record) =>
        TryReadMetadata(read, record, out EntryMetadata? metadata)
            ? metadata
            : throw AnswerObject.Wrong("metadata", "what the record is committed to");
}
