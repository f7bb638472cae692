using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// Where an auditor reads a log: a directory or a server. Hands over bytes as they are; what they
/// are worth is the auditor's question. What cannot be reached is an exception, what the log does
/// not have is an answer.
/// </summary>
public interface IAuditSource
{
    /// <summary>True if <see cref="ReadTileAsync"/> has something to give.</summary>
    bool HasTiles { get; }

    /// <summary>What the source left out or met on the way, for people; complete at the end.
    /// </summary>
    IReadOnlyList<string> Notes => [];

    /// <summary>What became of the payloads, complete at the end; null if the source has none.
    /// </summary>
    AuditPayloads? Payloads => null;

    /// <summary>The newest signed checkpoint; null or empty if there is none.</summary>
    Task<ReadOnlyMemory<byte>?> ReadCheckpointAsync(CancellationToken cancellationToken);

    /// <summary>The epochs, oldest first.</summary>
    Task<IReadOnlyList<AuditEpoch>> ReadEpochsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The records from 0 up to <paramref name="size"/>, in order, in pieces of any length. A piece
    /// that starts beyond the end of the one before says that what lies between is missing.
    /// </summary>
    IAsyncEnumerable<AuditRecords> ReadRecordsAsync(
        ulong size, CancellationToken cancellationToken);

    /// <summary>The bytes of a tile of hashes; null or empty if not there.</summary>
    Task<ReadOnlyMemory<byte>?> ReadTileAsync(TilePath tile, CancellationToken cancellationToken);
}

/// <summary>An epoch as the source tells it.</summary>
/// <param name="Epoch">Its number.</param>
/// <param name="Number">The number of its statement's record.</param>
/// <param name="Statement">The encoded statement.</param>
/// <param name="Document">Its attestation document; empty if the source has none.</param>
public sealed record AuditEpoch(
    uint Epoch, ulong Number, ReadOnlyMemory<byte> Statement, ReadOnlyMemory<byte> Document);

/// <summary>A run of records. The memory is the source's again when the next run is asked for.
/// </summary>
/// <param name="FirstNumber">The place of the first record.</param>
/// <param name="Bundle">Each u16 length and record, as in a tlog-tiles bundle, any count.</param>
/// <param name="Place">Where they stand, for people: a tile's path, or a file and an
/// offset.</param>
public sealed record AuditRecords(ulong FirstNumber, ReadOnlyMemory<byte> Bundle, string Place)
{
    /// <summary>The signed checkpoint right after these records; empty if the source keeps none.
    /// </summary>
    public ReadOnlyMemory<byte> Checkpoint { get; init; }

    /// <summary>What the source itself found wrong here.</summary>
    public IReadOnlyList<AuditFault> Faults { get; init; } = [];
}
