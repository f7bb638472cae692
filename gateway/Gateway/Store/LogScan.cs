using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Store;

/// <summary>
/// Reads the log from its start, or from where the derived data end: every frame is checked and its
/// derived data made. What stands after the last whole frame is told apart as torn, which is cut, or
/// damaged, which is refused.
/// </summary>
internal sealed class LogScan(
    SegmentChain log, PayloadHeads heads, DerivedData derived, ScanPoint from)
{
    // Flushing in lots makes one write of many small batches.
    private const int FlushRecords = 4096;

    private readonly FrameWindow _window = new(log);
    private ulong _flushed = derived.NextNumber;

    /// <summary>Offset after the last whole frame.</summary>
    public long End { get; private set; } = from.End;

    /// <summary>Offset of the last whole frame; <see cref="End"/> if there is none.</summary>
    public long LastFrame { get; private set; } = from.LastFrame;

    /// <summary>The checkpoint of the last frame; empty if there is none.</summary>
    public byte[] Checkpoint { get; private set; } = from.Checkpoint;

    /// <summary>The highest offset of a payload that a record has, or null.</summary>
    public long? LastPayload { get; private set; } = from.LastPayload;

    /// <exception cref="StoreDamagedException">Something else than the end is damaged.</exception>
    public void Run()
    {
        long before = 0;
        for (int i = 0; i < log.Segments.Count; i++)
        {
            Segment segment = log.Segments[i];
            if (segment.Start != before)
            {
                throw new StoreDamagedException(
                    segment.Path,
                    $"the log before it ends at {before}: a segment is missing or cut.");
            }
            before += segment.File.Length;
            ReadSegment(segment, isLast: i == log.Segments.Count - 1);
        }
        derived.Flush();
        derived.Publish();
    }

    private void ReadSegment(Segment segment, bool isLast)
    {
        long end = segment.Start + segment.File.Length;
        while (End < end)
        {
            ReadOnlySpan<byte> bytes = _window.At(End, CommitFrame.HeaderBytes);
            FrameStatus status = CommitFrame.TryRead(bytes, out CommitFrame frame, out int length);
            if (status == FrameStatus.Incomplete && length <= end - End)
            {
                status = CommitFrame.TryRead(_window.At(End, length), out frame, out length);
            }
            if (status != FrameStatus.Whole)
            {
                ThrowUnlessTorn(segment, end, isLast);
                return;
            }
            Take(segment, frame, length);
        }
    }

    private void Take(Segment segment, in CommitFrame frame, int length)
    {
        string? fault = derived.TryStage(
            frame, End + CommitFrame.HeaderBytes, EntryHeads.On(heads));
        if (fault is not null) throw new StoreDamagedException(segment.Path, fault);
        for (int i = 0; i < frame.Count; i++)
        {
            ulong payload = frame.PayloadOffset(i);
            if (payload == CommitFrame.NoPayload) continue;
            if (payload > long.MaxValue)
            {
                throw new StoreDamagedException(segment.Path, "a payload offset is out of range.");
            }
            LastPayload = Math.Max(LastPayload ?? 0, (long)payload);
        }
        Checkpoint = frame.Checkpoint.ToArray();
        LastFrame = End;
        End += length;
        if (derived.NextNumber - _flushed < FlushRecords) return;
        derived.Flush();
        derived.Publish();
        _flushed = derived.NextNumber;
    }

    // A batch is written only after the one before it is durable, and a segment only after the one
    // before it: a crash can tear nothing but the last frame of the last segment.
    private void ThrowUnlessTorn(Segment segment, long end, bool isLast)
    {
        if (!isLast)
        {
            throw new StoreDamagedException(
                segment.Path, $"damaged at {End - segment.Start}, and it is not the last segment.");
        }
        for (long at = End + 1; at < end; at++)
        {
            ReadOnlySpan<byte> bytes = _window.At(at, CommitFrame.HeaderBytes);
            int magic = bytes.IndexOf(CommitFrame.Magic);
            if (magic < 0)
            {
                // The magic may begin in the last three bytes of the window.
                at += Math.Max(bytes.Length - CommitFrame.Magic.Length, 0);
                continue;
            }
            at += magic;
            FrameStatus status =
                CommitFrame.TryRead(bytes[magic..], out _, out int length);
            if (status == FrameStatus.Incomplete && length <= end - at)
            {
                status = CommitFrame.TryRead(_window.At(at, length), out _, out _);
            }
            if (status == FrameStatus.Whole)
            {
                throw new StoreDamagedException(
                    segment.Path,
                    $"damaged at {End - segment.Start}, with a whole batch after it at "
                    + $"{at - segment.Start}.");
            }
        }
    }
}
