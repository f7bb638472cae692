using Sequencer.Attestation.Verification;

namespace Sequencer.Client;

/// <summary>A payload that the gateway erased, with the tombstone that says so.</summary>
/// <param name="Erased">Number of the entry whose payload it was.</param>
/// <param name="Tombstone">Number of the tombstone.</param>
/// <param name="ReceiptBytes">The tombstone's receipt as a file.</param>
/// <param name="VerifiedEntry">What the receipt proves: that the log says so, not that the bytes are
/// gone; null from a client without verification.</param>
public sealed record ErasedPayload(
    ulong Erased,
    ulong Tombstone,
    ReadOnlyMemory<byte> ReceiptBytes,
    VerifiedEntry? VerifiedEntry);
