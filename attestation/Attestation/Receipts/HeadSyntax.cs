namespace Sequencer.Attestation.Receipts;

/// <summary>
/// The text around heads that stand without a record, alone or as evidence; between a head's own
/// values it is that of a receipt, see <see cref="ReceiptSyntax"/>.
/// </summary>
internal static class HeadSyntax
{
    public static ReadOnlySpan<byte> BeforeCheckpoint =>
        "{\"format\":\"sequencer-head/v1\",\"checkpoint\":\""u8;

    public static ReadOnlySpan<byte> BeforeFirst =>
        "{\"format\":\"sequencer-evidence/v1\",\"smaller\":{\"checkpoint\":\""u8;

    public static ReadOnlySpan<byte> BeforeSecond => ",\"larger\":{\"checkpoint\":\""u8;

    public static ReadOnlySpan<byte> BeforePrefixRoot => ",\"prefix_root\":\""u8;

    public static ReadOnlySpan<byte> BeforeConsistency => "\",\"consistency\":["u8;

    public static ReadOnlySpan<byte> EndEvidence => "]}"u8;
}
