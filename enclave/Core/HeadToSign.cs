using Sequencer.Attestation;

namespace Sequencer.Enclave.Core;

/// <summary>
/// A tree head that the host signs with the epoch's keys (docs/PROTOCOL.md section 7).
/// </summary>
/// <param name="Size">Number of records.</param>
/// <param name="Root">Root of their tree.</param>
/// <param name="Text">The signed bytes: three lines, each with its line feed.</param>
public sealed record HeadToSign(ulong Size, Digest Root, ReadOnlyMemory<byte> Text);
