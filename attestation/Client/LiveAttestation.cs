using Sequencer.Attestation;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client;

/// <summary>An attestation document as the gateway handed it out.</summary>
/// <param name="Document">The document.</param>
/// <param name="Statement">The epoch statement that it speaks of.</param>
/// <param name="Size">Size of the tree that it speaks of.</param>
/// <param name="Root">Root of that tree.</param>
/// <param name="Verified">What it proves, from a verifying client; else null, and nothing of it is
/// verified.</param>
public sealed record LiveAttestation(
    ReadOnlyMemory<byte> Document,
    ReadOnlyMemory<byte> Statement,
    ulong Size,
    Digest Root,
    VerifiedLiveHead? Verified = null);
