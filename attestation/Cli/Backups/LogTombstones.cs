using Sequencer.Attestation;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Cli.Backups;

/// <summary>Collects the tombstones of a log while it is walked, and finds what they erase.</summary>
internal sealed class LogTombstones(LogFolder folder)
{
    private readonly Dictionary<ulong, List<(Tombstone Tombstone, Digest Tenant)>> _named = [];

    /// <summary>Takes the entries of a frame.</summary>
    public async Task TakeAsync(
        IReadOnlyList<PlacedEntry> entries, CancellationToken cancellationToken)
    {
        foreach (PlacedEntry entry in entries.Where(entry => CanBe(entry.Record.Span)))
        {
            byte[] metadata = await ReadMetadataAsync(entry.Offset, cancellationToken);
            Take(entry.Record.Span, metadata);
        }
    }

    /// <summary>Offsets of the payload frames that are erased: the log is read once more, if there
    /// are tombstones.</summary>
    public async Task<List<ulong>> FindErasedAsync(CancellationToken cancellationToken)
    {
        var offsets = new List<ulong>();
        if (_named.Count == 0) return offsets;
        await foreach (ScannedFrame frame in new CommitFrameScan(folder.Log)
            .ReadAsync(cancellationToken))
        {
            if (frame.Status == FrameStatus.Whole) Find(frame, offsets);
        }
        return offsets;
    }

    private static bool CanBe(ReadOnlySpan<byte> record) =>
        EntryRecord.TryParse(record, out EntryRecord entry) && Tombstone.CanBe(entry);

    private async Task<byte[]> ReadMetadataAsync(
        ulong offset, CancellationToken cancellationToken)
    {
        SegmentFile? segment = folder.Payload.LastOrDefault(s => s.Start <= offset);
        if (segment is null) return [];
        var header = new byte[PayloadFrame.HeaderBytes];
        int read = await segment.ReadAsync(offset - segment.Start, header, cancellationToken);
        if (PayloadFrame.TryReadLengths(header.AsSpan(0, read), out PayloadFrameLengths lengths)
            != FrameStatus.Whole)
        {
            return [];
        }
        var head = new byte[lengths.Head];
        read = await segment.ReadAsync(offset - segment.Start, head, cancellationToken);
        return read == head.Length ? head[^lengths.Metadata..] : [];
    }

    private void Take(ReadOnlySpan<byte> record, ReadOnlySpan<byte> metadata)
    {
        if (!Tombstone.TryRead(record, metadata, out Tombstone tombstone)
            || !EntryRecord.TryParse(record, out EntryRecord entry))
        {
            return;
        }
        if (!_named.TryGetValue(tombstone.Erased, out var named))
        {
            _named[tombstone.Erased] = named = [];
        }
        named.Add((tombstone, entry.Tenant));
    }

    private void Find(in ScannedFrame scanned, List<ulong> offsets)
    {
        CommitFrame.TryReadUnsealed(scanned.Bytes.Span, out CommitFrame frame, out _);
        ReadOnlySpan<byte> rest = frame.Records;
        for (int i = 0; i < frame.Count; i++)
        {
            if (!EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> record)) return;
            if (!_named.TryGetValue(frame.FirstNumber + (ulong)i, out var named)) continue;
            foreach ((Tombstone tombstone, Digest tenant) in named)
            {
                if (!tombstone.Erases(record, tenant)) continue;
                offsets.Add(frame.PayloadOffset(i));
                break;
            }
        }
    }
}
