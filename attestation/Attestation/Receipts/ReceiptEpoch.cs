namespace Sequencer.Attestation.Receipts;

/// <summary>What shows that a checkpoint's keys are an attested epoch's.</summary>
/// <remarks>
/// Keeps the memory that it is given: the owner must not change it afterwards. Statement and
/// document are most of a receipt's bytes and the same in all receipts of an epoch, so their base64
/// is made once and shared with what <see cref="Under"/> makes.
/// </remarks>
public sealed class ReceiptEpoch
{
    private readonly Text _statement;
    private readonly Text _document;

    /// <summary>An epoch as a receipt shows it.</summary>
    /// <param name="statement">The encoded epoch statement.</param>
    /// <param name="inclusion">Its inclusion proof under the checkpoint.</param>
    /// <param name="document">Its attestation document.</param>
    public ReceiptEpoch(
        ReadOnlyMemory<byte> statement,
        ReadOnlyMemory<Digest> inclusion,
        ReadOnlyMemory<byte> document)
        : this(new Text(statement), inclusion, new Text(document))
    {
    }

    private ReceiptEpoch(Text statement, ReadOnlyMemory<Digest> inclusion, Text document) =>
        (_statement, Inclusion, _document) = (statement, inclusion, document);

    /// <summary>The encoded epoch statement.</summary>
    public ReadOnlyMemory<byte> Statement => _statement.Bytes;

    /// <summary>The statement's inclusion proof under the checkpoint.</summary>
    public ReadOnlyMemory<Digest> Inclusion { get; }

    /// <summary>The attestation document.</summary>
    public ReadOnlyMemory<byte> Document => _document.Bytes;

    /// <summary>The base64 of the statement.</summary>
    internal ReadOnlySpan<byte> StatementText => _statement.Base64;

    /// <summary>The base64 of the document.</summary>
    internal ReadOnlySpan<byte> DocumentText => _document.Base64;

    /// <summary>The same epoch under another checkpoint of it.</summary>
    /// <param name="inclusion">The statement's inclusion proof under that checkpoint.</param>
    public ReceiptEpoch Under(ReadOnlyMemory<Digest> inclusion) =>
        new(_statement, inclusion, _document);

    private sealed class Text(ReadOnlyMemory<byte> bytes)
    {
        private volatile byte[]? _base64;

        public ReadOnlyMemory<byte> Bytes => bytes;

        // Two threads may both make it, and then either is right.
        public ReadOnlySpan<byte> Base64 => _base64 ??= Encode(bytes.Span);

        private static byte[] Encode(ReadOnlySpan<byte> bytes)
        {
            var text = new byte[System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(bytes.Length)];
            System.Buffers.Text.Base64.EncodeToUtf8(bytes, text, out _, out _);
            return text;
        }
    }
}
