using Sequencer.Attestation.Log;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Attestation.Verification;

/// <summary>What a receipt says of its record, apart from the head.</summary>
/// <param name="Record">The encoded record.</param>
/// <param name="Request">The encoded request; empty for what is no entry.</param>
/// <param name="Metadata">The metadata block; empty for what is no entry.</param>
/// <param name="Inclusion">The record's inclusion proof.</param>
public readonly record struct RecordEvidence(
    ReadOnlyMemory<byte> Record,
    ReadOnlyMemory<byte> Request,
    ReadOnlyMemory<byte> Metadata,
    ReadOnlyMemory<Digest> Inclusion)
{
    /// <summary>The record's part of a receipt.</summary>
    public static RecordEvidence Of(Receipt receipt) =>
        new(receipt.Record, receipt.Request, receipt.Metadata, receipt.Inclusion);
}

/// <summary>A payload that was hashed by the one who has it.</summary>
/// <param name="Commitment">SHA-256 of the payload, or its salted commitment (section 1).</param>
/// <param name="Length">Its length, in bytes.</param>
public readonly record struct PayloadClaim(Digest Commitment, ulong Length)
{
    /// <summary>Hashes a payload.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="salt">Its salt, 32 bytes; empty for an entry without one.</param>
    /// <exception cref="ArgumentException">The salt has another length.</exception>
    public static PayloadClaim Of(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> salt = default) =>
        new(Derivation.Payload(payload, salt), (ulong)payload.Length);
}
