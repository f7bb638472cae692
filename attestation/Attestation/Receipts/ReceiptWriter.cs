using System.Buffers;
using System.Buffers.Text;

namespace Sequencer.Attestation.Receipts;

/// <summary>Writes receipts and the extra object of their tlog-proofs.</summary>
internal static class ReceiptWriter
{
    // Two quotes, a comma and the base64 of 32 bytes.
    private const int HashBytes = 47;

    /// <summary>An upper bound of the encoded length, in bytes.</summary>
    public static int Length(Receipt receipt)
    {
        const int FixedTextBytes = 256;
        return FixedTextBytes
            + Base64.GetMaxEncodedToUtf8Length(receipt.Record.Length)
            + Base64.GetMaxEncodedToUtf8Length(receipt.Request.Length)
            + Base64.GetMaxEncodedToUtf8Length(receipt.Metadata.Length)
            + (HashBytes * (receipt.Inclusion.Length + receipt.Epoch.Inclusion.Length))
            + receipt.Checkpoint.Length + receipt.Checkpoint.Span.Count((byte)'\n')
            + Base64.GetMaxEncodedToUtf8Length(receipt.Epoch.Statement.Length)
            + Base64.GetMaxEncodedToUtf8Length(receipt.Epoch.Document.Length);
    }

    public static void Write(IBufferWriter<byte> destination, Receipt receipt)
    {
        WriteRecord(destination, receipt);
        destination.Write(ReceiptSyntax.BeforeInclusion);
        WriteHashes(destination, receipt.Inclusion.Span);
        destination.Write(ReceiptSyntax.BeforeCheckpoint);
        WriteCheckpoint(destination, receipt.Checkpoint.Span);
        WriteEpoch(destination, receipt.Epoch);
    }

    /// <summary>What a tlog-proof has no line for.</summary>
    public static void WriteExtra(IBufferWriter<byte> destination, Receipt receipt)
    {
        WriteRecord(destination, receipt);
        WriteEpoch(destination, receipt.Epoch);
    }

    /// <summary>A head's members, after the text that begins its checkpoint.</summary>
    public static void WriteHead(IBufferWriter<byte> destination, SignedHead head)
    {
        WriteCheckpoint(destination, head.Checkpoint.Span);
        WriteEpoch(destination, head.Epoch);
    }

    /// <summary>The whole object.</summary>
    public static void WriteEvidence(IBufferWriter<byte> destination, ForkEvidence evidence)
    {
        destination.Write(HeadSyntax.BeforeFirst);
        WriteHead(destination, evidence.Smaller);
        destination.Write(HeadSyntax.BeforeSecond);
        WriteHead(destination, evidence.Larger);
        destination.Write(HeadSyntax.BeforePrefixRoot);
        WriteBase64(destination, evidence.PrefixRoot.AsSpan());
        destination.Write(HeadSyntax.BeforeConsistency);
        WriteHashes(destination, evidence.Consistency.Span);
        destination.Write(HeadSyntax.EndEvidence);
    }

    private static void WriteRecord(IBufferWriter<byte> destination, Receipt receipt)
    {
        destination.Write(ReceiptSyntax.BeforeRecord);
        WriteBase64(destination, receipt.Record.Span);
        destination.Write(ReceiptSyntax.BeforeRequest);
        WriteBase64(destination, receipt.Request.Span);
        destination.Write(ReceiptSyntax.BeforeMetadata);
        WriteBase64(destination, receipt.Metadata.Span);
    }

    private static void WriteEpoch(IBufferWriter<byte> destination, ReceiptEpoch epoch)
    {
        destination.Write(ReceiptSyntax.BeforeStatement);
        destination.Write(epoch.StatementText);
        destination.Write(ReceiptSyntax.BeforeInclusion);
        WriteHashes(destination, epoch.Inclusion.Span);
        destination.Write(ReceiptSyntax.BeforeDocument);
        destination.Write(epoch.DocumentText);
        destination.Write(ReceiptSyntax.End);
    }

    private static void WriteHashes(IBufferWriter<byte> destination, ReadOnlySpan<Digest> hashes)
    {
        for (int i = 0; i < hashes.Length; i++)
        {
            destination.Write(i == 0 ? "\""u8 : ",\""u8);
            WriteBase64(destination, hashes[i].AsSpan());
            destination.Write("\""u8);
        }
    }

    private static void WriteCheckpoint(IBufferWriter<byte> destination, ReadOnlySpan<byte> text)
    {
        for (int end; (end = text.IndexOf((byte)'\n')) >= 0; text = text[(end + 1)..])
        {
            destination.Write(text[..end]);
            destination.Write("\\n"u8);
        }
        destination.Write(text);
    }

    private static void WriteBase64(IBufferWriter<byte> destination, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty) return;
        Span<byte> text = destination.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length));
        Base64.EncodeToUtf8(bytes, text, out _, out int written);
        destination.Advance(written);
    }
}
