using System.Text;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client.Subscriptions;

/// <summary>Reads the record of an event with what came beside it, which is the record's or a lie.
/// </summary>
internal static class EventEntry
{
    /// <summary>Reads an event's data.</summary>
    /// <exception cref="UntrueLogException">What came beside the record is not the record's.
    /// </exception>
    /// <exception cref="UnexpectedAnswerException">It is malformed.</exception>
    public static EntryView Read(ReadOnlyMemory<byte> data)
    {
        using JsonDocument json = AnswerObject.Parse(data);
        var read = new AnswerObject(json.RootElement);
        byte[] record = read.Base64("record");
        if (EntryRecord.TryParse(record, out EntryRecord entry)) CheckBeside(read, record, entry);
        return EntryViewJson.Read(json.RootElement);
    }

    // What a view of an entry refuses as malformed is here a lie with a rule.
    private static void CheckBeside(AnswerObject read, byte[] record, EntryRecord entry)
    {
        ulong number = entry.Header.Number;
        if (!EntryViewJson.TryReadMetadata(read, record, out _))
        {
            throw Untrue(number, VerificationRule.Metadata, $"{entry.Metadata}", "other metadata");
        }
        if (read.OptionalText("stream") is { } stream && !HasStream(entry, stream))
        {
            throw Untrue(number, VerificationRule.Cells, $"stream {stream} in its cells", "none");
        }
        if (EntryViewJson.ReadPayload(read) is not { } payload) return;
        Digest digest = Derivation.Payload(payload.Payload, payload.Salt);
        if (digest == entry.Payload && payload.Payload.Length == entry.PayloadLength) return;
        throw Untrue(
            number, VerificationRule.Payload,
            $"{entry.PayloadLength} bytes with commitment {entry.Payload}",
            $"{payload.Payload.Length} bytes with {digest}");
    }

    private static bool HasStream(EntryRecord entry, string stream)
    {
        Digest key = Derivation.CellKey(
            entry.Tenant, (byte)CellKind.Stream, Encoding.UTF8.GetBytes(stream));
        for (int i = 0; i < entry.CellCount; i++)
        {
            if (entry.Cell(i).Key == key) return true;
        }
        return false;
    }

    private static UntrueLogException Untrue(
        ulong number, VerificationRule rule, string expected, string actual) =>
        new(new AuditFault(rule, expected, actual) { Number = number });
}
