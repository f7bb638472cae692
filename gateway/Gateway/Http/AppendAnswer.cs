using System.Buffers;
using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Receipts;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Http;

/// <summary>How much of a receipt the caller wants in the answer.</summary>
internal enum ReceiptWish
{
    /// <summary>The receipt itself.</summary>
    Full,

    /// <summary>Its path.</summary>
    Reference,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>The JSON of an appended entry.</summary>
internal static class AppendAnswer
{
    /// <summary>Reads the <c>receipt</c> parameter.</summary>
    public static bool TryReadWish(HttpRequest request, out ReceiptWish wish)
    {
        string? text = request.Query["receipt"];
        (bool known, wish) = text switch
        {
            null or "full" => (true, ReceiptWish.Full),
            "ref" => (true, ReceiptWish.Reference),
            "none" => (true, ReceiptWish.None),
            _ => (false, ReceiptWish.Full),
        };
        return known;
    }

    /// <summary>Reads the <c>ack</c> parameter.</summary>
    public static Problem? TryReadLevel(HttpRequest request, out Acknowledgement level)
    {
        level = Acknowledgement.Durable;
        switch (request.Query["ack"].ToString())
        {
            case "durable":
                return null;
            case "sequenced" when request.Query.ContainsKey("receipt"):
                return Problem.Invalid(
                    "receipt", "A number without a signature has no receipt: ack=durable gives one.");
            case "sequenced":
                level = Acknowledgement.Sequenced;
                return null;
            case "witnessed":
                level = Acknowledgement.Witnessed;
                return null;
            default:
                return request.Query.ContainsKey("ack")
                    ? Problem.Invalid("ack", "durable, sequenced or witnessed.")
                    : null;
        }
    }

    /// <summary>The version that an entry gave its stream; 0 without one.</summary>
    public static long VersionOf(EntryRecord record) => record.CellCount > 0 ? record.Cell(0).Value : 0;

    /// <summary>About how long the answer is, in bytes.</summary>
    public static int LengthHint(Receipt? receipt) => 1024 + (receipt?.LengthMax ?? 0);

    /// <summary>Writes the answer to a caller who did not wait for the disk.</summary>
    public static void WriteProvisional(Utf8JsonWriter json, ulong number)
    {
        json.WriteStartObject();
        json.WriteNumber("number", number);
        json.WriteString("acknowledged", "sequenced");
        json.WriteEndObject();
    }

    /// <summary>Writes the answer of docs/HTTP.md.</summary>
    public static void Write(
        Utf8JsonWriter json, EntryRecord record, string? stream, ReceiptWish wish, Receipt? receipt)
    {
        json.WriteStartObject();
        json.WriteNumber("number", record.Header.Number);
        json.WriteNumber("epoch", record.Header.Epoch);
        json.WriteString("time", JsonBody.Time(record.Header.TimeMs));
        json.WriteString("payload_digest", record.Payload.ToHex());
        json.WriteNumber("payload_length", record.PayloadLength);
        if (stream is not null)
        {
            json.WriteString("stream", stream);
            json.WriteNumber("version", VersionOf(record));
        }
        WriteReceipt(json, record.Header.Number, wish, receipt);
        json.WriteEndObject();
    }

    /// <summary>Writes as much of a receipt as the caller wants.</summary>
    public static void WriteReceipt(
        Utf8JsonWriter json, ulong number, ReceiptWish wish, Receipt? receipt)
    {
        if (receipt is not null)
        {
            var bytes = new ArrayBufferWriter<byte>(receipt.LengthMax);
            receipt.WriteObject(bytes);
            json.WritePropertyName("receipt");
            json.WriteRawValue(bytes.WrittenSpan, skipInputValidation: true);
        }
        else if (wish == ReceiptWish.Reference)
        {
            json.WriteString("receipt", $"/v1/entries/{number}/receipt");
        }
    }
}
