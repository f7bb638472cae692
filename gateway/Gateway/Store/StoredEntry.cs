namespace Sequencer.Gateway.Store;

/// <summary>What became of the payload of a record.</summary>
public enum PayloadStatus
{
    /// <summary>Request, metadata and payload are those of the record.</summary>
    Whole,

    /// <summary>The record is no entry and has none.</summary>
    None,

    /// <summary>The segment that held it is gone.</summary>
    Missing,

    /// <summary>The bytes in its place are not those of the record.</summary>
    Damaged,
}

/// <summary>
/// A record with what its receipt carries beside it; the parts are empty unless the status is whole.
/// </summary>
/// <param name="Record">The record.</param>
/// <param name="Status">Whether the rest is there. Read without its payload, whole says nothing of
/// the payload's bytes.</param>
/// <param name="Request">The encoded request.</param>
/// <param name="Metadata">The metadata block.</param>
public sealed record StoredHead(
    ReadOnlyMemory<byte> Record,
    PayloadStatus Status,
    ReadOnlyMemory<byte> Request,
    ReadOnlyMemory<byte> Metadata);

/// <summary>A record with all that travels beside it, compared with the record.</summary>
/// <param name="Head">The record, and whether all of the rest is there.</param>
/// <param name="Payload">The payload; empty unless the status is whole.</param>
public sealed record StoredEntry(StoredHead Head, ReadOnlyMemory<byte> Payload)
{
    /// <summary>Whether request, metadata and payload are there.</summary>
    public PayloadStatus Status => Head.Status;
}

/// <summary>An entry as it came, to be written before it is sequenced.</summary>
/// <param name="Request">The encoded request (docs/PROTOCOL.md section 3).</param>
/// <param name="Metadata">The metadata block (section 2).</param>
/// <param name="Payload">The payload.</param>
public readonly record struct PayloadItem(
    ReadOnlyMemory<byte> Request, ReadOnlyMemory<byte> Metadata, ReadOnlyMemory<byte> Payload);

/// <summary>What says which stream and event type an entry is of.</summary>
/// <param name="Request">The encoded request.</param>
/// <param name="Metadata">The metadata block.</param>
public readonly record struct EntryHead(
    ReadOnlyMemory<byte> Request, ReadOnlyMemory<byte> Metadata);

/// <summary>Where an epoch's statement stands.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Epoch">Its epoch.</param>
public readonly record struct StatementPlace(ulong Number, uint Epoch);
