using Sequencer.Attestation.Log;

namespace Sequencer.Enclave.Core;

/// <summary>What an image allows, whatever a gateway asks for; part of what is measured.</summary>
public sealed record CoreLimits
{
    /// <summary>Highest <c>cells-max</c>; a cell takes about 60 bytes.</summary>
    public uint CellsMax { get; init; } = 4_000_000;

    /// <summary>
    /// Highest <c>idempotency-window</c>; a remembered key takes about 92 bytes.
    /// </summary>
    public uint IdempotencyWindowMax { get; init; } = 4_000_000;

    /// <summary>Whether the image can have a log's stable identity, and so carry a log whose
    /// configuration asks for one.</summary>
    public bool SealsIdentities { get; init; }

    /// <summary>Most bytes of batches and answers kept for a gateway that has not acknowledged.
    /// </summary>
    public long RetainedBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Images, other than its own, whose epochs this image accepts to follow.</summary>
    public IReadOnlyList<PredecessorMeasurements> AcceptedPredecessors { get; init; } = [];
}
