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
        return TryReadMetadata(read, record, out EntryMetadata? metadata)
            ? new EntryView(record, metadata, read.OptionalText("stream"))
            : throw AnswerObject.Wrong("metadata", "what the record is committed to");
    }

    /// <exception cref="UnexpectedAnswerException">It is malformed.</exception>
    public static (List<EntryView> Entries, ulong? Next) ReadPage(ReadOnlyMemory<byte> body)
    {
        using JsonDocument json = AnswerObject.Parse(body);
        var read = new AnswerObject(json.RootElement);
        List<EntryView> entries = [.. read.Array("entries").Select(Read)];
        return (entries, read.TryGet("next", out _) ? read.UInt64("next") : null);
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
}
