using System.Globalization;
using System.Text;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Log;

/// <summary>
/// What an entry says which erases the payload of an earlier one (docs/PROTOCOL.md section 4,
/// "Erasure"). To the enclave it is an entry like any other.
/// </summary>
/// <param name="Erased">Number of the entry whose payload is erased.</param>
/// <param name="Leaf">Leaf hash of that entry's record.</param>
public readonly record struct Tombstone(ulong Erased, Digest Leaf)
{
    /// <summary>Begins event types and idempotency keys that no caller may use.</summary>
    public const string ReservedPrefix = "sequencer.";

    /// <summary>Event type of a tombstone.</summary>
    public const string EventType = ReservedPrefix + "erased";

    /// <summary>Longest reason, which is the tombstone's own payload, in bytes of UTF-8.</summary>
    public const int ReasonMaxBytes = 1024;

    private const string ErasedKey = "erased";
    private const string LeafKey = "leaf";
    private const string ReasonContentType = "text/plain; charset=utf-8";

    private static ReadOnlySpan<byte> EventTypeBytes => "sequencer.erased"u8;

    /// <summary>The one idempotency key for erasing the payload of a number.</summary>
    public static byte[] IdempotencyKey(ulong number) => Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{EventType}/{number}"));

    /// <summary>The tombstone's metadata block.</summary>
    /// <param name="hasReason">True if its payload is not empty.</param>
    public byte[] EncodeMetadata(bool hasReason)
    {
        bool isMade = EntryMetadata.TryCreate(
            EventType,
            hasReason ? ReasonContentType : "",
            [new(ErasedKey, Erased.ToString(CultureInfo.InvariantCulture)), new(LeafKey, Leaf.ToHex())],
            out EntryMetadata metadata,
            out string fault);
        return isMade ? metadata.Block.ToArray() : throw new InvalidOperationException(fault);
    }

    /// <summary>
    /// False where the record alone shows that it is no tombstone, so that its metadata need not be
    /// read.
    /// </summary>
    public static bool CanBe(EntryRecord record) =>
        record.CellCount == 0 && record.GroupCount == 1 && !record.Idempotency.IsZero
        && record.PayloadLength <= ReasonMaxBytes;

    /// <summary>
    /// Reads a tombstone: false unless record and metadata are one in each particular. Whether what
    /// it names is there, <see cref="Erases"/> says.
    /// </summary>
    /// <param name="record">The encoded record.</param>
    /// <param name="metadata">Its metadata block.</param>
    /// <param name="tombstone">What it erases.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> record, ReadOnlySpan<byte> metadata, out Tombstone tombstone)
    {
        tombstone = default;
        // Most blocks are not of this type, and are told by their first bytes.
        if (metadata.Length < 2 + EventTypeBytes.Length
            || !metadata[2..].StartsWith(EventTypeBytes)
            || !EntryRecord.TryParse(record, out EntryRecord entry) || !CanBe(entry)
            || entry.Metadata != Derivation.Metadata(metadata)
            || !EntryMetadata.TryParse(metadata, out EntryMetadata? block)
            || !TryReadPairs(block!, out Tombstone read)
            || !read.EncodeMetadata(entry.PayloadLength > 0).AsSpan().SequenceEqual(metadata)
            || read.Erased >= entry.Header.Number
            || entry.Idempotency
                != Derivation.Idempotency(entry.Tenant, index: 0, IdempotencyKey(read.Erased)))
        {
            return false;
        }
        tombstone = read;
        return true;
    }

    /// <summary>
    /// True if the tombstone of a tenant erases the payload of this record: an entry of the same
    /// tenant, at the number and with the leaf hash that it names.
    /// </summary>
    public bool Erases(ReadOnlySpan<byte> record, in Digest tenant) =>
        EntryRecord.TryParse(record, out EntryRecord entry)
        && entry.Header.Number == Erased
        && entry.Tenant == tenant
        && TreeHash.Leaf(record) == Leaf;

    private static bool TryReadPairs(EntryMetadata block, out Tombstone tombstone)
    {
        tombstone = default;
        if (block.Pairs.Count != 2
            || !ulong.TryParse(
                block.Pairs[0].Value, NumberStyles.None, CultureInfo.InvariantCulture,
                out ulong erased)
            || !Digest.TryParseHex(block.Pairs[1].Value, out Digest leaf))
        {
            return false;
        }
        // Encoding it again shows whether keys, type and spelling are the ones there have to be.
        tombstone = new Tombstone(erased, leaf);
        return true;
    }
}
