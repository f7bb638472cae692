using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Cli.Inspection;

/// <summary>What a receipt says: record, request, metadata, checkpoint, epoch.</summary>
internal static class ReceiptFacts
{
    public static Facts Of(Receipt receipt, string kind)
    {
        var facts = new Facts(kind);
        AddRecord(facts, receipt.Record.Span);
        AddRequest(facts, receipt.Request.Span);
        AddMetadata(facts, receipt.Metadata.Span);
        facts.Add("inclusion hashes", receipt.Inclusion.Length);
        if (SignedNote.TryParse(receipt.Checkpoint.Span, out SignedNote? note, out _)
            && Checkpoint.TryParse(note.Text.Span, out Checkpoint? checkpoint, out _))
        {
            facts.Under("checkpoint", () => CheckpointFacts.Add(facts, checkpoint, note));
        }
        facts.Under("epoch", () => EpochFacts.Add(facts, receipt.Epoch));
        return facts;
    }

    private static void AddRecord(Facts facts, ReadOnlySpan<byte> bytes)
    {
        if (!RecordHeader.TryRead(bytes, out RecordHeader header))
        {
            facts.Add("record", "does not decode");
            return;
        }
        facts.Add("number", header.Number);
        facts.Add("record type", header.Type.ToString().ToLowerInvariant());
        facts.Add("record epoch", header.Epoch);
        facts.Add("time", Times.Text(header.TimeMs));
        facts.Add("previous hash", header.Previous.ToHex());
        if (SealRecord.TryParse(bytes, out SealRecord seal))
        {
            facts.Add("ends the epoch of statement", seal.Statement.ToHex());
        }
        if (SnapshotRecord.TryParse(bytes, out SnapshotRecord snapshot))
        {
            SnapshotFields fields = snapshot.Fields;
            facts.Add("cells", $"{fields.CellCount}, digest {fields.Cells.ToHex()}");
            facts.Add("keys in the window", $"{fields.UseCount}, digest {fields.Window.ToHex()}");
            facts.Add("root before it", snapshot.Frontier().Root().ToHex());
        }
        if (!EntryRecord.TryParse(bytes, out EntryRecord entry)) return;
        facts.Add("payload sha256", entry.Payload.ToHex());
        facts.Add("payload length", entry.PayloadLength);
        facts.Add("tenant", entry.Tenant.ToHex());
        facts.Add("group", $"{entry.GroupIndex + 1} of {entry.GroupCount}");
        if (!entry.Idempotency.IsZero) facts.Add("idempotency digest", entry.Idempotency.ToHex());
        for (int i = 0; i < entry.CellCount; i++)
        {
            CellValue cell = entry.Cell(i);
            facts.Add($"cell {i + 1}", $"{cell.Key.ToHex()} = {cell.Value}");
        }
    }

    private static void AddRequest(Facts facts, ReadOnlySpan<byte> bytes)
    {
        if (!AppendRequest.TryParse(bytes, out AppendRequest request)) return;
        int place = 1;
        foreach (Operation operation in request.Operations)
        {
            string operand = operation.Code is OperationCode.VersionEquals or OperationCode.UnchangedSince
                ? $" {operation.Operand}"
                : "";
            facts.Add(
                $"operation {place++}",
                $"{operation.Code}{operand} on {operation.Kind} '{Encoding.UTF8.GetString(operation.Name)}'");
        }
    }

    private static void AddMetadata(Facts facts, ReadOnlySpan<byte> block)
    {
        if (!EntryMetadata.TryParse(block, out EntryMetadata? metadata)) return;
        if (metadata!.Type.Length > 0) facts.Add("event type", metadata.Type);
        if (metadata.ContentType.Length > 0) facts.Add("content type", metadata.ContentType);
        if (metadata.Pairs.Count == 0) return;
        facts.Under("metadata", () =>
        {
            foreach ((string key, string value) in metadata.Pairs) facts.Add(key, value);
        });
    }
}
