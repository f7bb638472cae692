using Sequencer.Attestation.Verification;

namespace Sequencer.Client;

/// <summary>The two forms of a receipt (docs/PROTOCOL.md section 9).</summary>
public enum ReceiptFormat
{
    /// <summary>The receipt as JSON.</summary>
    Json,

    /// <summary>The receipt as a C2SP tlog-proof.</summary>
    TlogProof,
}

/// <summary>A receipt that was read.</summary>
/// <param name="Bytes">The file, as it came.</param>
/// <param name="VerifiedEntry">What it proves; null from a client without verification.</param>
public sealed record ReceivedReceipt(ReadOnlyMemory<byte> Bytes, VerifiedEntry? VerifiedEntry);
