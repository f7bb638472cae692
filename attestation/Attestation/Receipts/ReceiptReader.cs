using System.Buffers;
using System.Buffers.Text;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Receipts;

/// <summary>
/// Reads receipts and the extra object of their tlog-proofs, front to back. The first refusal
/// stays; after it every step reads nothing.
/// </summary>
internal ref struct ReceiptReader(ReadOnlySpan<byte> json)
{
    private readonly ReadOnlySpan<byte> _json = json;
    private int _at;
    private string _member = "format";

    /// <summary>Why nothing was read; null while all is well.</summary>
    public ReceiptRefusal? Refusal { get; private set; }

    public Receipt? ReadReceipt()
    {
        (byte[] record, byte[] request, byte[] metadata) = ReadRecord();
        Expect(ReceiptSyntax.BeforeInclusion, "inclusion");
        Digest[] inclusion = ReadHashes();
        Expect(ReceiptSyntax.BeforeCheckpoint, "checkpoint");
        byte[] checkpoint = ReadCheckpoint();
        ReceiptEpoch epoch = ReadEpoch();
        return Refusal is null
            ? new Receipt(record, request, metadata, inclusion, checkpoint, epoch)
            : null;
    }

    /// <summary>The extra object, to which index, path and note come from the proof.</summary>
    public Receipt? ReadExtra(ReadOnlyMemory<Digest> inclusion, ReadOnlyMemory<byte> checkpoint)
    {
        (byte[] record, byte[] request, byte[] metadata) = ReadRecord();
        ReceiptEpoch epoch = ReadEpoch();
        return Refusal is null
            ? new Receipt(record, request, metadata, inclusion, checkpoint, epoch)
            : null;
    }

    /// <summary>A head alone.</summary>
    public SignedHead? ReadHead()
    {
        Expect(HeadSyntax.BeforeCheckpoint, "checkpoint");
        (byte[] checkpoint, ReceiptEpoch epoch) = ReadHeadMembers();
        End();
        return Refusal is null ? new SignedHead(checkpoint, epoch) : null;
    }

    /// <summary>Two heads, and the path from one to the other.</summary>
    public ForkEvidence? ReadEvidence()
    {
        Expect(HeadSyntax.BeforeFirst, "smaller.checkpoint");
        (byte[] smaller, ReceiptEpoch smallerEpoch) = ReadHeadMembers();
        Expect(HeadSyntax.BeforeSecond, "larger.checkpoint");
        (byte[] larger, ReceiptEpoch largerEpoch) = ReadHeadMembers();
        Expect(HeadSyntax.BeforePrefixRoot, "prefix_root");
        byte[] prefixRoot = ReadBase64(Digest.Size);
        if (Refusal is null && prefixRoot.Length != Digest.Size) Refuse("a root of 32 bytes");
        Expect(HeadSyntax.BeforeConsistency, "consistency");
        Digest[] consistency = ReadHashes(TreeHash.MaxConsistencyPath);
        Expect(HeadSyntax.EndEvidence, "end");
        End();
        return Refusal is null
            ? new ForkEvidence(
                new SignedHead(smaller, smallerEpoch), new SignedHead(larger, largerEpoch),
                new Digest(prefixRoot), consistency)
            : null;
    }

    private (byte[] Checkpoint, ReceiptEpoch Epoch) ReadHeadMembers()
    {
        byte[] checkpoint = ReadCheckpoint();
        return (checkpoint, ReadEpochMembers());
    }

    private (byte[] Record, byte[] Request, byte[] Metadata) ReadRecord()
    {
        Expect(ReceiptSyntax.BeforeRecord, "record");
        byte[] record = ReadBase64(Limits.RecordMaxBytes);
        Expect(ReceiptSyntax.BeforeRequest, "request");
        byte[] request = ReadBase64(AppendRequest.MaxBytes);
        Expect(ReceiptSyntax.BeforeMetadata, "metadata");
        byte[] metadata = ReadBase64(Limits.MetadataMaxBytes);
        return (record, request, metadata);
    }

    private ReceiptEpoch ReadEpoch()
    {
        ReceiptEpoch epoch = ReadEpochMembers();
        End();
        return epoch;
    }

    private ReceiptEpoch ReadEpochMembers()
    {
        Expect(ReceiptSyntax.BeforeStatement, "epoch.statement");
        byte[] statement = ReadBase64(Limits.RecordMaxBytes);
        Expect(ReceiptSyntax.BeforeInclusion, "epoch.inclusion");
        Digest[] inclusion = ReadHashes();
        Expect(ReceiptSyntax.BeforeDocument, "epoch.document");
        byte[] document = ReadBase64(AttestationLimits.DocumentBytesMax);
        Expect(ReceiptSyntax.End, "end");
        return new ReceiptEpoch(statement, inclusion, document);
    }

    private void End()
    {
        if (Refusal is null && _at != _json.Length) Refuse("nothing follows the object");
    }

    /// <summary>Passes over fixed text, after which <paramref name="member"/> begins.</summary>
    private void Expect(ReadOnlySpan<byte> text, string member)
    {
        if (Refusal is not null) return;
        ReadOnlySpan<byte> rest = _json[_at..];
        if (!rest.StartsWith(text))
        {
            _at += rest.CommonPrefixLength(text);
            Refuse("not the text of the canonical form before " + member);
            return;
        }
        _at += text.Length;
        _member = member;
    }

    /// <summary>Reads base64 up to the quote that ends it, in its one form.</summary>
    private byte[] ReadBase64(int maxBytes)
    {
        if (Refusal is not null) return [];
        ReadOnlySpan<byte> text = UntilQuote();
        if (text.Length > Base64.GetMaxEncodedToUtf8Length(maxBytes))
        {
            return RefuseBytes($"at most {maxBytes} bytes");
        }
        var bytes = new byte[text.Length / 4 * 3];
        OperationStatus status = Base64.DecodeFromUtf8(text, bytes, out _, out int length);
        if (status != OperationStatus.Done || !IsTextOf(bytes.AsSpan(0, length), text))
        {
            return RefuseBytes("canonical base64");
        }
        if (length > maxBytes) return RefuseBytes($"at most {maxBytes} bytes");
        _at += text.Length;
        return length == bytes.Length ? bytes : bytes[..length];
    }

    private Digest[] ReadHashes(int max = TreeHash.MaxInclusionPath)
    {
        if (Refusal is not null) return [];
        var hashes = new List<Digest>(max);
        string member = _member;
        while (Refusal is null && _at < _json.Length && _json[_at] != ']')
        {
            Expect(hashes.Count == 0 ? "\""u8 : ",\""u8, member);
            byte[] bytes = ReadBase64(Digest.Size);
            if (Refusal is not null) break;
            if (bytes.Length != Digest.Size || hashes.Count == max)
            {
                Refuse($"at most {max} hashes of {Digest.Size} bytes");
                break;
            }
            hashes.Add(new Digest(bytes));
            Expect("\""u8, member);
        }
        return [.. hashes];
    }

    private byte[] ReadCheckpoint()
    {
        if (Refusal is not null) return [];
        ReadOnlySpan<byte> text = UntilQuote();
        // Each line feed takes two bytes here.
        if (text.Length > 2 * Receipt.CheckpointMaxBytes) return RefuseBytes("a shorter note");
        var note = new byte[text.Length];
        int length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            bool isLineFeed = text[i..].StartsWith("\\n"u8);
            // A line feed as it stands is no JSON, and any other backslash an escape too many.
            if (text[i] is (byte)'\n' || (text[i] is (byte)'\\' && !isLineFeed))
            {
                _at += i;
                return RefuseBytes("no escapes but \\n");
            }
            note[length++] = isLineFeed ? (byte)'\n' : text[i];
            if (isLineFeed) i++;
        }
        if (length > Receipt.CheckpointMaxBytes
            || !Receipt.IsCheckpointText(note.AsSpan(0, length)))
        {
            return RefuseBytes("text without control characters");
        }
        _at += text.Length;
        return note[..length];
    }

    private readonly ReadOnlySpan<byte> UntilQuote()
    {
        ReadOnlySpan<byte> rest = _json[_at..];
        int quote = rest.IndexOf((byte)'"');
        return quote < 0 ? rest : rest[..quote];
    }

    // The platform's reader skips white space and drops stray bits; writing again shows both.
    private static bool IsTextOf(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> text)
    {
        if (Base64.GetMaxEncodedToUtf8Length(bytes.Length) != text.Length) return false;
        byte[] again = ArrayPool<byte>.Shared.Rent(text.Length);
        Base64.EncodeToUtf8(bytes, again, out _, out int length);
        bool equal = text.SequenceEqual(again.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(again);
        return equal;
    }

    private void Refuse(string reason) => Refusal ??= new ReceiptRefusal(_member, _at, reason);

    private byte[] RefuseBytes(string reason)
    {
        Refuse(reason);
        return [];
    }
}
