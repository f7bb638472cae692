using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>An entry as a caller describes it, before it is encoded.</summary>
public sealed class EntryDraft
{
    private static readonly Digest NoMetadata = Derivation.Metadata(EntryMetadata.Empty.Block.Span);

    /// <summary>The payload.</summary>
    public ReadOnlyMemory<byte> Payload { get; set; }

    /// <summary>Content type of the payload, or empty.</summary>
    public string ContentType { get; set; } = "";

    /// <summary>Event type, or empty.</summary>
    public string Type { get; set; } = "";

    /// <summary>The caller's pairs.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>The stream that it appends to; null for none.</summary>
    public string? Stream { get; set; }

    /// <summary>What the stream must be like.</summary>
    public ExpectedVersion Expected { get; set; }

    /// <summary>What other streams must be like, or the same one besides.</summary>
    public List<StreamGuard> Guards { get; } = [];

    /// <summary>Idempotency key; null for none.</summary>
    public string? IdempotencyKey { get; set; }

    /// <summary>Where the key was said: the member or the header.</summary>
    public string IdempotencyField { get; set; } = "idempotency_key";

    /// <summary>
    /// The entry's place among those of its request that share the key (PROTOCOL.md section 1).
    /// </summary>
    public uint IdempotencyIndex { get; set; }

    /// <summary>Encodes request and metadata block for a tenant; a problem when a limit or rule is
    /// broken.</summary>
    public Problem? TryEncode(in Digest tenant, out PayloadItem item)
    {
        item = default;
        if (!TryEncodeMetadata(out ReadOnlyMemory<byte> block, out Digest metadata, out string fault))
        {
            return new Problem(ProblemKind.InvalidRequest, fault) { Field = "metadata" };
        }
        if (!TryEncodeName(Stream, out byte[] stream))
        {
            return Problem.Invalid("stream", "1 to 255 bytes of text.");
        }
        if (Stream is null && Expected.Guard is not null)
        {
            return Problem.Invalid("stream", "A condition on a version needs a stream.");
        }
        if (!TryEncodeOperations(stream, out CellOperation[] operations))
        {
            return Problem.Invalid(
                "guards", $"At most {Limits.OperationsMax} guards and updates in all.");
        }
        if (!TryEncodeName(IdempotencyKey, out byte[] key))
        {
            return Problem.Invalid(IdempotencyField, "1 to 255 bytes of text.");
        }
        Digest idempotency = IdempotencyKey is null
            ? Digest.Zero
            : Derivation.Idempotency(tenant, IdempotencyIndex, key);
        byte[] request = AppendRequest.Encode(
            tenant,
            Derivation.Payload(Payload.Span),
            (uint)Payload.Length,
            metadata,
            idempotency,
            operations);
        item = new PayloadItem(request, block, Payload);
        return null;
    }

    private bool TryEncodeMetadata(
        out ReadOnlyMemory<byte> block, out Digest digest, out string fault)
    {
        (block, digest, fault) = (EntryMetadata.Empty.Block, NoMetadata, "");
        if (Type.Length == 0 && ContentType.Length == 0 && Metadata.Count == 0) return true;
        if (!EntryMetadata.TryCreate(Type, ContentType, Metadata, out EntryMetadata made, out fault))
        {
            return false;
        }
        block = made.Block;
        digest = Derivation.Metadata(block.Span);
        return true;
    }

    /// <summary>
    /// The guard at a place of the encoded request: those of <see cref="Guards"/> come first, and
    /// then the one that <see cref="Expected"/> is.
    /// </summary>
    public StreamGuard GuardAt(int operation) => operation < Guards.Count
        ? Guards[operation]
        : new StreamGuard(Stream ?? "", Expected, UnchangedSince: null);

    private bool TryEncodeOperations(byte[] stream, out CellOperation[] operations)
    {
        int own = Stream is null ? 0 : Expected.Guard is null ? 1 : 2;
        operations = [];
        if (Guards.Count + own > Limits.OperationsMax) return false;
        operations = new CellOperation[Guards.Count + own];
        for (int i = 0; i < Guards.Count; i++) operations[i] = Guards[i].Encode();
        if (own == 2) operations[^2] = GuardAt(Guards.Count).Encode();
        if (own > 0) operations[^1] = new CellOperation(OperationCode.Bump, CellKind.Stream, stream);
        return true;
    }

    private static bool TryEncodeName(string? name, out byte[] bytes)
    {
        bytes = name is null ? [] : Encoding.UTF8.GetBytes(name);
        return name is null || bytes.Length is > 0 and <= Limits.NameMaxBytes;
    }
}
