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

    /// <summary>True where the rest of the segment was not searched: too much only looked like
    /// frames.</summary>
    public bool IsGivenUp { get; init; }
}

/// <summary>
/// Walks the commit frames of a directory. Unlike the gateway's recovery it goes on behind damage:
/// an auditor wants to know what else there is.
/// </summary>
/// <remarks>
/// Memory: one frame. The bytes of a frame are overwritten by the next one. Reading: a multiple of
/// the segments' lengths, whatever is in them.
/// </remarks>
internal sealed class CommitFrameScan(IReadOnlyList<SegmentFile> segments)
{
    /// <summary>
    /// Bytes of a segment that may be read as frames in vain, for each byte that it has. A forged
    /// header of 32 bytes claims 32 MiB: without a bound, a directory full of them is read anew for
    /// each.
    /// </summary>
    internal const ulong VainBytesPerByteMax = 16;

    private const int SearchBytesMin = 4 * 1024;
    private const int SearchBytesMax = 1024 * 1024;

    private byte[] _buffer = new byte[64 * 1024];
    private byte[] _window = new byte[SearchBytesMin];
    private ulong _vainBytesLeft;

    /// <summary>Bytes read as frames that were none, in all segments so far.</summary>
    internal ulong VainBytes { get; private set; }

    public async IAsyncEnumerable<ScannedFrame> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (SegmentFile segment in segments)
        {
            bool isLast = ReferenceEquals(segment, segments[^1]);
            ulong at = 0;
            _vainBytesLeft = VainBytesPerByteMax * segment.Length;
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
        ulong? found = await FindFrameAsync(segment, at + 1, cancellationToken);
        if (found is not { } next)
        {
            return new(segment, at, FrameStatus.Damaged, left, default) { IsGivenUp = true };
        }
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
        status = CommitFrame.TryRead(whole.Span[..read], out _, out _);
        if (status != FrameStatus.Whole)
        {
            VainBytes += (ulong)read;
            _vainBytesLeft -= Math.Min(_vainBytesLeft, (ulong)read);
        }
        return (status, length);
    }

    private async Task<bool> IsBoundaryAsync(
        SegmentFile segment, ulong at, CancellationToken cancellationToken)
    {
        if (at == segment.Length) return true;
        (FrameStatus status, _) = await ReadAtAsync(segment, at, cancellationToken);
        return status == FrameStatus.Whole;
    }

    /// <summary>
    /// The next place where a whole frame begins, or the segment's end; null when so much was read
    /// in vain that the search ends.
    /// </summary>
    private async Task<ulong?> FindFrameAsync(
        SegmentFile segment, ulong from, CancellationToken cancellationToken)
    {
        // Grows with the distance, so that a short search between two frames reads little.
        int windowBytes = SearchBytesMin;
        while (from < segment.Length)
        {
            if (_window.Length < windowBytes) _window = new byte[windowBytes];
            Memory<byte> window = _window.AsMemory(0, windowBytes);
            int read = await segment.ReadAsync(from, window, cancellationToken);
            int candidate = 0;
            for (int found; candidate < read; candidate += found + 1)
            {
                if (_vainBytesLeft == 0) return null;
                found = window.Span[candidate..read].IndexOf(CommitFrame.Magic);
                if (found < 0) break;
                ulong at = from + (ulong)(candidate + found);
                (FrameStatus status, _) = await ReadAtAsync(segment, at, cancellationToken);
                if (status == FrameStatus.Whole) return at;
            }
            if (read < windowBytes) break;
            // The mark may lie across the windows.
            from += (ulong)(read - CommitFrame.Magic.Length + 1);
            windowBytes = Math.Min(2 * windowBytes, SearchBytesMax);
        }
        return segment.Length;
    }

    private Memory<byte> Buffer(int length)
    {
        if (_buffer.Length < length) _buffer = new byte[length];
        return _buffer.AsMemory(0, length);
    }
}
