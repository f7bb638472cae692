using System.Collections.Immutable;
using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Verification;

/// <summary>A stream that an entry was appended to, with the version that it got there.</summary>
/// <param name="Name">The stream's name.</param>
/// <param name="Version">Its count of entries, this one included; the first has version 1.</param>
public readonly record struct StreamVersion(string Name, long Version);

/// <summary>
/// A record that stands at its number of the policy's log, under a verified head. Only a good
/// report of <see cref="LogVerifier"/> hands one out.
/// </summary>
public sealed class VerifiedEntry
{
    internal VerifiedEntry(VerifiedHead head, in RecordEvidence evidence, bool isPayloadChecked)
    {
        Head = head;
        Record = evidence.Record;
        LeafHash = TreeHash.Leaf(evidence.Record.Span);
        IsPayloadChecked = isPayloadChecked;
        Streams = [];
        RecordHeader.TryRead(Record.Span, out RecordHeader header);
        Type = header.Type;
        Epoch = header.Epoch;
        Number = header.Number;
        TimeMs = header.TimeMs;
        if (!EntryRecord.TryParse(Record.Span, out EntryRecord entry)) return;

        PayloadCommitment = entry.Payload;
        PayloadLength = entry.PayloadLength;
        Tenant = entry.Tenant;
        GroupIndex = entry.GroupIndex;
        GroupCount = entry.GroupCount;
        if (EntryMetadata.TryParse(evidence.Metadata.Span, out EntryMetadata? metadata))
        {
            Metadata = metadata;
        }
        if (Log.Tombstone.TryRead(
            Record.Span, evidence.Metadata.Span, out Tombstone tombstone))
        {
            Tombstone = tombstone;
        }
        if (AppendRequest.TryParse(evidence.Request.Span, out AppendRequest request))
        {
            Streams = ReadStreams(entry, request);
        }
    }

    /// <summary>The head that it stands under, with the log id and the attested image.</summary>
    public VerifiedHead Head { get; }

    /// <summary>The record's bytes: the leaf.</summary>
    public ReadOnlyMemory<byte> Record { get; }

    /// <summary>Its leaf hash.</summary>
    public Digest LeafHash { get; }

    /// <summary>Entry, epoch statement, seal or snapshot.</summary>
    public RecordType Type { get; }

    /// <summary>The record's own epoch, which may be earlier than the head's.</summary>
    public uint Epoch { get; }

    /// <summary>Sequence number.</summary>
    public ulong Number { get; }

    /// <summary>The enclave's time, Unix milliseconds.</summary>
    public ulong TimeMs { get; }

    /// <summary>The payload's commitment: its SHA-256, unless it was salted; null unless an entry.
    /// </summary>
    public Digest? PayloadCommitment { get; }

    /// <summary>Length of the payload, in bytes; null unless an entry.</summary>
    public uint? PayloadLength { get; }

    /// <summary>True if the payload was given and is the recorded one.</summary>
    public bool IsPayloadChecked { get; }

    /// <summary>Tenant; null unless an entry.</summary>
    public Digest? Tenant { get; }

    /// <summary>What the caller said of the payload; null unless an entry.</summary>
    public EntryMetadata? Metadata { get; }

    /// <summary>What it erases, if it is a tombstone; null otherwise. That the record which it names
    /// is there takes that record: <see cref="Log.Tombstone.Erases"/>.</summary>
    public Tombstone? Tombstone { get; }

    /// <summary>The streams that it was appended to, in the order of the request.</summary>
    public ImmutableArray<StreamVersion> Streams { get; }

    /// <summary>Place in its atomic group, from 0.</summary>
    public int GroupIndex { get; }

    /// <summary>Members of its atomic group; 0 unless an entry.</summary>
    public int GroupCount { get; }

    private static ImmutableArray<StreamVersion> ReadStreams(
        EntryRecord entry, AppendRequest request)
    {
        if (entry.CellCount == 0) return [];
        var streams = ImmutableArray.CreateBuilder<StreamVersion>(entry.CellCount);
        foreach (Operation operation in request.Operations)
        {
            if (!operation.IsUpdate) continue;
            string name = Encoding.UTF8.GetString(operation.Name);
            streams.Add(new StreamVersion(name, entry.Cell(streams.Count).Value));
        }
        return streams.MoveToImmutable();
    }
}
