using System.Buffers;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Store;

/// <summary>The payload frames: written before their entries are sequenced, read ever
/// after.</summary>
internal sealed class PayloadFiles(SegmentChain chain) : IDisposable
{
    // Below this a copy into one buffer costs less than one more part of a gathering write.
    private const int CopyMaxBytes = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _small = new();
    private readonly List<Part> _parts = [];
    private long _synced = chain.End;

    /// <summary>Everything before this offset is durable.</summary>
    public long Synced => Volatile.Read(ref _synced);

    /// <summary>Reads heads from here on, and nothing that was read before.</summary>
    public PayloadHeads OpenHeads() => new(chain);

    /// <summary>Writes a frame for each item, all as one write.</summary>
    public void Append(ReadOnlySpan<PayloadItem> items, Span<ulong> offsets)
    {
        _small.ResetWrittenCount();
        _parts.Clear();
        long length = 0;
        for (int i = 0; i < items.Length; i++)
        {
            offsets[i] = (ulong)length;
            length += Encode(items[i]);
        }
        ulong start = (ulong)chain.Append(Gather(), length);
        foreach (ref ulong offset in offsets[..items.Length]) offset += start;
    }

    /// <summary>Makes all frames appended before the call durable.</summary>
    public void Sync() => Volatile.Write(ref _synced, chain.Sync());

    /// <summary>Reads the frame of a record and compares the two.</summary>
    public StoredEntry Read(byte[] record, ulong offset)
    {
        PayloadStatus status = ReadLengths(offset, out PayloadFrameLengths lengths);
        if (status != PayloadStatus.Whole) return Without(record, status);
        byte[] bytes = GC.AllocateUninitializedArray<byte>(lengths.Frame);
        if (!chain.TryRead((long)offset, bytes)) return Without(record, PayloadStatus.Missing);
        if (PayloadFrame.TryRead(bytes, out PayloadFrame frame, out _) != FrameStatus.Whole
            || !IsOf(record, frame))
        {
            return Without(record, PayloadStatus.Damaged);
        }
        return new StoredEntry(HeadOf(record, bytes, lengths), bytes.AsMemory(lengths.Head));
    }

    /// <summary>
    /// Reads the frame of a record up to its payload, and compares request and metadata with the
    /// record. Its digests are of each part, so this needs neither the payload nor the checksum,
    /// which is over all of the frame.
    /// </summary>
    public StoredHead ReadHead(byte[] record, ulong offset)
    {
        PayloadStatus status = ReadLengths(offset, out PayloadFrameLengths lengths);
        if (status != PayloadStatus.Whole) return HeadWithout(record, status);
        byte[] bytes = GC.AllocateUninitializedArray<byte>(lengths.Head);
        if (!chain.TryRead((long)offset, bytes)) return HeadWithout(record, PayloadStatus.Missing);
        StoredHead head = HeadOf(record, bytes, lengths);
        return IsOf(record, head, lengths.Payload)
            ? head
            : HeadWithout(record, PayloadStatus.Damaged);
    }

    public void Dispose() => chain.Dispose();

    private int Encode(in PayloadItem item)
    {
        int length = PayloadFrame.Length(
            item.Request.Length, item.Metadata.Length, item.Payload.Length);
        bool isCopied = item.Payload.Length <= CopyMaxBytes;
        int copied = isCopied ? length : length - item.Payload.Length;
        Span<byte> span = _small.GetSpan(copied);
        if (isCopied)
        {
            PayloadFrame.Write(
                span, item.Request.Span, item.Metadata.Span, item.Payload.Span);
        }
        else
        {
            PayloadFrame.WriteHead(
                span, item.Request.Span, item.Metadata.Span, item.Payload.Span);
        }
        _small.Advance(copied);
        if (!isCopied) _parts.Add(new Part(_small.WrittenCount, item.Payload));
        return length;
    }

    // Only now, since the buffer of small frames may have moved while it grew.
    private List<ReadOnlyMemory<byte>> Gather()
    {
        var gathered = new List<ReadOnlyMemory<byte>>(2 * _parts.Count + 1);
        int done = 0;
        foreach (Part part in _parts)
        {
            gathered.Add(_small.WrittenMemory[done..part.SmallEnd]);
            gathered.Add(part.Payload);
            done = part.SmallEnd;
        }
        if (done < _small.WrittenCount) gathered.Add(_small.WrittenMemory[done..]);
        return gathered;
    }

    private PayloadStatus ReadLengths(ulong offset, out PayloadFrameLengths lengths)
    {
        lengths = default;
        if (offset == CommitFrame.NoPayload) return PayloadStatus.None;
        Span<byte> header = stackalloc byte[PayloadFrame.HeaderBytes];
        if (!chain.TryRead((long)offset, header)) return PayloadStatus.Missing;
        bool isFrame = PayloadFrame.TryReadLengths(header, out lengths) == FrameStatus.Whole
            && lengths.Frame <= chain.End - (long)offset;
        return isFrame ? PayloadStatus.Whole : PayloadStatus.Damaged;
    }

    private static bool IsOf(ReadOnlySpan<byte> record, in PayloadFrame frame) =>
        EntryRecord.TryParse(record, out EntryRecord entry)
        && Derivation.Request(frame.Request) == entry.Request
        && Derivation.Metadata(frame.Metadata) == entry.Metadata
        && Derivation.Payload(frame.Payload) == entry.Payload;

    private static bool IsOf(ReadOnlySpan<byte> record, StoredHead head, int payloadLength) =>
        EntryRecord.TryParse(record, out EntryRecord entry)
        && Derivation.Request(head.Request.Span) == entry.Request
        && Derivation.Metadata(head.Metadata.Span) == entry.Metadata
        && payloadLength == entry.PayloadLength;

    private static StoredHead HeadOf(byte[] record, byte[] frame, PayloadFrameLengths lengths) => new(
        record,
        PayloadStatus.Whole,
        frame.AsMemory(PayloadFrame.HeaderBytes, lengths.Request),
        frame.AsMemory(PayloadFrame.HeaderBytes + lengths.Request, lengths.Metadata));

    private static StoredHead HeadWithout(byte[] record, PayloadStatus status) =>
        new(record, status, default, default);

    private static StoredEntry Without(byte[] record, PayloadStatus status) =>
        new(HeadWithout(record, status), default);

    // A payload that is written from where it is, after the small bytes before it.
    private readonly record struct Part(int SmallEnd, ReadOnlyMemory<byte> Payload);
}
