using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Client;

/// <summary>
/// A log and the numbers that its callers are held to (<c>GET /v1/log</c>). From a verifying client
/// whose policy pins the log, id, origin and configuration are the policy's; epoch, size and byte
/// limits are the gateway's word always.
/// </summary>
public sealed record LogDescription
{
    /// <summary>The log's address.</summary>
    public required string Origin { get; init; }

    /// <summary>The log.</summary>
    public required Digest LogId { get; init; }

    /// <summary>The newest epoch.</summary>
    public required uint Epoch { get; init; }

    /// <summary>Durable records: the newest entry is at most number <c>Size - 1</c>.</summary>
    public required ulong Size { get; init; }

    /// <summary>Streams that may exist, those of all tenants together.</summary>
    public required uint CellsMax { get; init; }

    /// <summary>
    /// For how many numbers an idempotency key is remembered: number m's while the next number n
    /// has n - m at most this.
    /// </summary>
    public required uint IdempotencyWindow { get; init; }

    /// <summary>Numbers that may be given beyond the newest cosigned head; null in a log without
    /// witnesses.</summary>
    public uint? WitnessNumbersMax { get; init; }

    /// <summary>Greatest age of the newest cosigned head in seconds; null likewise.</summary>
    public uint? WitnessSecondsMax { get; init; }

    /// <summary>Longest payload that the gateway takes, in bytes.</summary>
    public required ulong EntryMaxBytes { get; init; }

    /// <summary>Longest body of a batch, in bytes.</summary>
    public required ulong BatchMaxBytes { get; init; }

    /// <summary>The first member that is not what the configuration says; null if all agree.
    /// </summary>
    internal string? Contradicts(Digest logId, LogConfiguration configuration) => this switch
    {
        _ when LogId != logId => "log_id",
        _ when Origin != configuration.Origin => "origin",
        _ when CellsMax != configuration.CellsMax => "cells_max",
        _ when IdempotencyWindow != configuration.IdempotencyWindow => "idempotency_window",
        _ when WitnessNumbersMax != configuration.Witnesses?.NumbersMax => "witness_numbers_max",
        _ when WitnessSecondsMax != configuration.Witnesses?.SecondsMax => "witness_seconds_max",
        _ => null,
    };
}
