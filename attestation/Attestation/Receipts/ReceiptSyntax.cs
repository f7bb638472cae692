namespace Sequencer.Attestation.Receipts;

/// <summary>
/// The text between a receipt's values. A receipt has one form, so reader and writer share these
/// literals and neither knows JSON beyond them.
/// </summary>
internal static class ReceiptSyntax
{
    public static ReadOnlySpan<byte> BeforeRecord =>
        "{\"format\":\"sequencer-receipt/v1\",\"record\":\""u8;

    public static ReadOnlySpan<byte> BeforeRequest => "\",\"request\":\""u8;

    public static ReadOnlySpan<byte> BeforeMetadata => "\",\"metadata\":\""u8;

    public static ReadOnlySpan<byte> BeforeInclusion => "\",\"inclusion\":["u8;

    public static ReadOnlySpan<byte> BeforeCheckpoint => "],\"checkpoint\":\""u8;

    /// <summary>After a string, which in the extra object of a tlog-proof is the
    /// metadata.</summary>
    public static ReadOnlySpan<byte> BeforeStatement => "\",\"epoch\":{\"statement\":\""u8;

    public static ReadOnlySpan<byte> BeforeDocument => "],\"document\":\""u8;

    public static ReadOnlySpan<byte> End => "\"}}"u8;
}
