using System.Text;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client.Subscriptions;

/// <summary>An entry of an event: its record, and what came beside it, which is the record's or a lie.
/// </summary>
/// <param name="View">The record, taken apart.</param>
/// <param name="Payload">The payload; null if it did not come.</param>
internal sealed record EventEntry(EntryView View, ReadOnlyMemory<byte>? Payload)
{
    /// <summary>Reads an event's data.</summary>
    /// <exception cref="UntrueLogException">What came beside the record is not the record's.
    /// </exception>
    /// <exception cref="UnexpectedAnswerException">It is malformed.</exception>
    public static EventEntry Read(ReadOnlyMemory<byte> data)
    {
        using JsonDocument json = AnswerObject.Parse(data);
        var read = new AnswerObject(json.RootElement);
        byte[] record = read.Base64("record");
        string? stream = read.OptionalText("stream");
        bool isMetadataRight =
            EntryViewJson.TryReadMetadata(read, record, out EntryMetadata? metadata);
        var view = new EntryView(record, metadata, stream);
        if (!isMetadataRight) throw Untrue(view, VerificationRule.Metadata, "metadata", "other");
        if (stream is not null && !HasStream(record, stream))
        {
            throw Untrue(view, VerificationRule.Cells, $"stream {stream} in its cells", "none");
        }
        ReadOnlyMemory<byte>? payload = ReadPayload(read);
        if (payload is not { } bytes) return new EventEntry(view, null);
        Digest digest = Derivation.Payload(bytes.Span);
        if (digest == view.PayloadDigest) return new EventEntry(view, bytes);
        throw Untrue(
            view, VerificationRule.Payload, $"the payload with SHA-256 {view.PayloadDigest}",
            $"{bytes.Length} bytes with SHA-256 {digest}");
    }

    private static ReadOnlyMemory<byte>? ReadPayload(AnswerObject read)
    {
        if (read.OptionalText("payload") is { } text) return Encoding.UTF8.GetBytes(text);
        if (read.TryGet("payload_base64", out _)) return read.Base64("payload_base64");
        return null;
    }

    private static bool HasStream(byte[] record, string stream)
    {
        if (!EntryRecord.TryParse(record, out EntryRecord entry)) return false;
        Digest key = Derivation.CellKey(
            entry.Tenant, (byte)CellKind.Stream, Encoding.UTF8.GetBytes(stream));
        for (int i = 0; i < entry.CellCount; i++)
        {
            if (entry.Cell(i).Key == key) return true;
        }
        return false;
    }

    private static UntrueLogException Untrue(
        EntryView view, VerificationRule rule, string expected, string actual) =>
        new(new AuditFault(rule, expected, actual) { Number = view.Number });
}
