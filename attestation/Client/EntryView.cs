using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Client;

/// <summary>
/// A record as the gateway handed it out. All is read from <see cref="Record"/>, or what the record is
/// committed to; that the record stands in the log takes a receipt.
/// </summary>
public sealed class EntryView
{
    internal EntryView(
        byte[] bytes, EntryMetadata? metadata, string? stream, ReadOnlyMemory<byte>? payload)
    {
        if (!RecordHeader.TryRead(bytes, out RecordHeader header))
        {
            throw new UnexpectedAnswerException("member record: no record");
        }
        Record = bytes;
        LeafHash = TreeHash.Leaf(bytes);
        Kind = header.Type;
        Number = header.Number;
        Epoch = header.Epoch;
        Time = AnswerTime.Of(header.TimeMs);
        Previous = header.Previous;
        if (Kind != RecordType.Entry) return;
        if (!EntryRecord.TryParse(bytes, out EntryRecord record))
        {
            throw new UnexpectedAnswerException("member record: no entry");
        }
        Group = new EntryGroup(
            header.Number - record.GroupIndex, record.GroupIndex, record.GroupCount);
        Tenant = record.Tenant;
        PayloadDigest = record.Payload;
        PayloadLength = record.PayloadLength;
        RequestDigest = record.Request;
        IsIdempotent = !record.Idempotency.IsZero;
        Metadata = metadata;
        if (payload is { } held)
        {
            if (Derivation.Payload(held.Span) != record.Payload)
            {
                throw AnswerObject.Wrong("payload", "what the record is committed to");
            }
            Payload = held;
        }
        if (stream is null || record.CellCount == 0) return;
        CellValue cell = record.Cell(0);
        byte[] name = Encoding.UTF8.GetBytes(stream);
        if (cell.Key != Derivation.CellKey(record.Tenant, (byte)CellKind.Stream, name))
        {
            throw AnswerObject.Wrong("stream", "the record's");
        }
        Stream = stream;
        Version = cell.Value;
    }

    /// <summary>The record's bytes.</summary>
    public ReadOnlyMemory<byte> Record { get; }

    /// <summary>The leaf hash of <see cref="Record"/>.</summary>
    public Digest LeafHash { get; }

    /// <summary>Entry, epoch statement, seal or snapshot.</summary>
    public RecordType Kind { get; }

    /// <summary>Sequence number.</summary>
    public ulong Number { get; }

    /// <summary>Epoch.</summary>
    public uint Epoch { get; }

    /// <summary>The enclave's time.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>Leaf hash of the record before; zero for number 0.</summary>
    public Digest Previous { get; }

    /// <summary>Atomic group; null unless an entry.</summary>
    public EntryGroup? Group { get; }

    /// <summary>Tenant; null unless an entry.</summary>
    public Digest? Tenant { get; }

    /// <summary>SHA-256 of the payload; null unless an entry.</summary>
    public Digest? PayloadDigest { get; }

    /// <summary>Length of the payload, in bytes; null unless an entry.</summary>
    public uint? PayloadLength { get; }

    /// <summary>
    /// Event type, content type and pairs, of which the record holds the digest; null unless
    /// an entry, and where the gateway no longer has them.
    /// </summary>
    public EntryMetadata? Metadata { get; }

    /// <summary>Event type; empty for none.</summary>
    public string Type => Metadata?.Type ?? "";

    /// <summary>Content type of the payload; empty for none.</summary>
    public string ContentType => Metadata?.ContentType ?? "";

    /// <summary>Digest of the request; null unless an entry.</summary>
    public Digest? RequestDigest { get; }

    /// <summary>True if it was appended with an idempotency key.</summary>
    public bool IsIdempotent { get; }

    /// <summary>The payload; null unless it was asked for and is there.</summary>
    public ReadOnlyMemory<byte>? Payload { get; }

    /// <summary>The stream; null for none, and where the gateway does not tell.</summary>
    public string? Stream { get; }

    /// <summary>The version that the stream got; null without one.</summary>
    public long? Version { get; }
}

/// <summary>Place of an entry in its atomic group.</summary>
/// <param name="First">Number of the first member.</param>
/// <param name="Index">This entry's place, from 0.</param>
/// <param name="Count">Members.</param>
public readonly record struct EntryGroup(ulong First, int Index, int Count);
