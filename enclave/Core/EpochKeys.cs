using Sequencer.Attestation;

namespace Sequencer.Enclave.Core;

/// <summary>The public half of an epoch: fresh for each start of an enclave.</summary>
/// <param name="Ed25519PublicKey">32 bytes (RFC 8032).</param>
/// <param name="P256PublicKey">x || y, 64 bytes.</param>
/// <param name="Nonce">Random.</param>
public sealed record EpochKeys(
    ReadOnlyMemory<byte> Ed25519PublicKey, ReadOnlyMemory<byte> P256PublicKey, Digest Nonce);
