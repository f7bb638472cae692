using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Cli.Inspection;

/// <summary>What epochs say: their statements, the keys they name, their documents.</summary>
internal static class EpochFacts
{
    /// <summary>A statement as the record of the log that it is.</summary>
    public static Facts Of(EpochStatement statement)
    {
        var facts = new Facts("Epoch statement");
        Add(facts, statement);
        return facts;
    }

    /// <summary>
    /// The answer of <c>/v1/epochs</c>, or of one epoch below it (docs/PROTOCOL.md section 13).
    /// </summary>
    public static bool TryRead(byte[] bytes, out Facts facts)
    {
        facts = new Facts("Epochs");
        try
        {
            using JsonDocument json = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 4 });
            JsonElement root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return false;
            if (!root.TryGetProperty("epochs", out JsonElement all)) return TryAdd(facts, root);
            return all.ValueKind == JsonValueKind.Array && TryAddAll(facts, all);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    public static void Add(Facts facts, ReceiptEpoch epoch) =>
        Add(facts, epoch.Statement.Span, epoch.Document.Span);

    private static void Add(Facts facts, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> document)
    {
        if (EpochStatement.TryParse(statement, out EpochStatement? parsed)) Add(facts, parsed);
        if (UnverifiedAttestation.TryParse(document, out var attestation, out var refusal))
        {
            facts.Under("attestation", () => AttestationFacts.Add(facts, attestation));
        }
        else
        {
            facts.Add("attestation", refusal.Message);
        }
    }

    private static void Add(Facts facts, EpochStatement statement)
    {
        EpochStatementFields fields = statement.Fields;
        facts.Add("epoch", fields.Epoch);
        facts.Add("statement number", fields.Number);
        facts.Add("opened", Times.Text(fields.TimeMs));
        facts.Add("log id", statement.LogId.ToHex());
        facts.Add("statement hash", statement.Hash.ToHex());
        // What stock tools for signed notes take. The ECDSA line has no text of a key among them.
        if (VerifierKey.TryCreate(
            fields.Configuration.Origin, NoteSignatureType.Ed25519, fields.Ed25519PublicKey.Span,
            out VerifierKey? key, out VerifierKeyRefusal refused))
        {
            facts.Add("verifier key", key.ToString());
        }
        else
        {
            facts.Add("verifier key", $"none: {refused}");
        }
        facts.Add("accepted predecessors", fields.AcceptedPredecessors.Count);
        facts.Add("configuration", fields.Configuration.Text.TrimEnd().Replace('\n', ';'));
    }

    private static bool TryAddAll(Facts facts, JsonElement epochs)
    {
        int count = 0;
        foreach (JsonElement epoch in epochs.EnumerateArray())
        {
            bool isRead = false;
            facts.Under($"epoch {count++}", () => isRead = TryAdd(facts, epoch));
            if (!isRead) return false;
        }
        return count > 0;
    }

    private static bool TryAdd(Facts facts, JsonElement epoch)
    {
        if (!TryBytes(epoch, "statement", out byte[] statement)) return false;
        if (!TryBytes(epoch, "document", out byte[] document)) return false;
        Add(facts, statement, document);
        return true;
    }

    private static bool TryBytes(JsonElement json, string name, out byte[] bytes)
    {
        bytes = [];
        if (json.ValueKind != JsonValueKind.Object) return false;
        if (!json.TryGetProperty(name, out JsonElement text)) return false;
        if (text.ValueKind != JsonValueKind.String) return false;
        if (!text.TryGetBytesFromBase64(out byte[]? read)) return false;
        bytes = read;
        return true;
    }
}
