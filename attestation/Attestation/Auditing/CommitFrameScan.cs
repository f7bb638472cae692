using System.Runtime.CompilerServices;
using Sequencer.Attestation.Log;

namespace Sequencer.Attestation.Auditing;

/// <summary>A place in a segment of the log: a frame, or bytes that are none.</summary>
/// <param name="Segment">The file.</param>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="Status">Whole; damaged, with bytes where they can be read as a frame all the same;
/// incomplete, at the end of the last segment.</param>
/// <param name="Length">How many bytes the place takes.</param>
/// <param name="Bytes">The frame's bytes; empty where there is no reading them.</param>
internal readonly record struct ScannedFrame(
    SegmentFile Segment, ulong Offset, FrameStatus Status, ulong Length, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>File and offset, for people.</summary>
    public string Place => $"{Segment.Name} at byte {Offset}";
}

/// <summary>
/// Walks the commit frames of a directory. Unlike the gateway's recovery it goes on behind damage:
/// an auditor wants to know what else there is.
/// </summary>
/// <remarks>Memory: one frame. The bytes of a frame are overwritten by the next one.</remarks>
internal sealed class CommitFrameScan(IReadOnlyList<SegmentFile> segments)
{
    private const int SearchBytes = 1024 * 1024;

    private byte[] _buffer = new byte[64 * 1024];

    public async IAsyncEnumerable<ScannedFrame> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (SegmentFile segment in segments)
        {
            bool isLast = ReferenceEquals(segment, segments[^1]);
            ulong at = 0;
            while (at < segment.Length)
            {
                ScannedFrame frame = await ReadFrameAsync(segment, at, isLast, cancellationToken);
                yield return frame;
                at += frame.Length;
            }
        }
    }

    private async Task<ScannedFrame> ReadFrameAsync(
        SegmentFile segment, ulong at, bool isLast, CancellationToken cancellationToken)
    {
        ulong left = segment.Length - at;
        (FrameStatus status, int length) = await ReadAtAsync(segment, at, cancellationToken);
        if (status == FrameStatus.Whole)
        {
            return new(segment, at, status, (ulong)length, _buffer.AsMemory(0, length));
        }
        // A right header over damaged content: what follows begins where the header says.
        if (status == FrameStatus.Damaged
            && length > CommitFrame.HeaderBytes && (ulong)length <= left
            && await IsBoundaryAsync(segment, at + (ulong)length, cancellationToken))
        {
            await segment.ReadAsync(at, Buffer(length), cancellationToken);
            return new(segment, at, status, (ulong)length, _buffer.AsMemory(0, length));
        }
        ulong next = await FindFrameAsync(segment, at + 1, cancellationToken);
        bool isTorn = status == FrameStatus.Incomplete && isLast && next == segment.Length;
        return new(
            segment, at, isTorn ? FrameStatus.Incomplete : FrameStatus.Damaged, next - at, default);
    }

    /// <summary>
    /// What stands at a place; the frame's bytes are in the buffer when whole. A length beyond the
    /// segment makes a frame incomplete.
    /// </summary>
    private async Task<(FrameStatus Status, int Length)> ReadAtAsync(
        SegmentFile segment, ulong at, CancellationToken cancellationToken)
    {
        Memory<byte> header = Buffer(CommitFrame.HeaderBytes);
        int read = await segment.ReadAsync(at, header, cancellationToken);
        FrameStatus status = CommitFrame.TryRead(header.Span[..read], out _, out int length);
        if (status != FrameStatus.Incomplete || (ulong)length > segment.Length - at)
        {
            return (status, length);
        }
        Memory<byte> whole = Buffer(length);
        read = await segment.ReadAsync(at, whole, cancellationToken);
        return (CommitFrame.TryRead(whole.Span[..read], out _, out _), length);
    }

    private async Task<bool> IsBoundaryAsync(
        SegmentFile segment, ulong at, CancellationToken cancellationToken)
    {
        if (at == segment.Length) return true;
        (FrameStatus status, _) = await ReadAtAsync(segment, at, cancellationToken);
        return status == FrameStatus.Whole;
    }

    /// <summary>The next place where a whole frame begins, or the segment's end.</summary>
    private async Task<ulong> FindFrameAsync(
        SegmentFile segment, ulong from, CancellationToken cancellationToken)
    {
        var window = new byte[SearchBytes];
        while (from < segment.Length)
        {
            int read = await segment.ReadAsync(from, window, cancellationToken);
            int candidate = 0;
            for (int found; candidate < read; candidate += found + 1)
            {
                found = window.AsSpan(candidate, read - candidate).IndexOf(CommitFrame.Magic);
                if (found < 0) break;
                ulong at = from + (ulong)(candidate + found);
                (FrameStatus status, _) = await ReadAtAsync(segment, at, cancellationToken);
                if (status == FrameStatus.Whole) return at;
            }
            if (read < window.Length) break;
            // The mark may lie across the windows.
            from += (ulong)(read - CommitFrame.Magic.Length + 1);
        }
        return segment.Length;
    }

    private Memory<byte> Buffer(int length)
    {
        if (_buffer.Length < length) _buffer = new byte[length];
        return _buffer.AsMemory(0, length);
    }
}
