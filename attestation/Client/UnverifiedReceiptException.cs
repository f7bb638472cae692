using Sequencer.Attestation.Verification;

namespace Sequencer.Client;

/// <summary>
/// A receipt that does not prove what it should. The entry may still be in the log; the bytes are
/// evidence against whoever sent them, so they are worth keeping.
/// </summary>
public sealed class UnverifiedReceiptException : SequencerException
{
    internal UnverifiedReceiptException(
        string message,
        VerificationReport<VerifiedEntry> report,
        ReadOnlyMemory<byte> receiptBytes)
        : base(message)
    {
        Report = report;
        ReceiptBytes = receiptBytes;
    }

    /// <summary>
    /// Every rule about the receipt. It is good where the receipt is right in itself but of another
    /// entry than the one asked for.
    /// </summary>
    public VerificationReport<VerifiedEntry> Report { get; }

    /// <summary>The receipt as it came.</summary>
    public ReadOnlyMemory<byte> ReceiptBytes { get; }
}
