using System.Runtime.CompilerServices;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;

namespace Sequencer.Cli.Backups;

/// <summary>A log that is read from its start, each frame checked before it is given out.</summary>
/// <param name="folder">Where it lies.</param>
/// <param name="advance">Told of the bytes that were read; may be null.</param>
internal sealed class LogReading(LogFolder folder, Action<ulong>? advance)
{
    private readonly PayloadComparison _payloads = new(folder.Payload);

    /// <summary>What was found so far.</summary>
    public LogWalk Walk { get; } = new();

    /// <summary>The frames. A write that never ended, or is under way, is where the log ends.
    /// </summary>
    /// <exception cref="CommandFailure">Something is damaged; the place is named.</exception>
    public async IAsyncEnumerable<ScannedFrame> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (ScannedFrame frame in new CommitFrameScan(folder.Log)
            .ReadAsync(cancellationToken))
        {
            if (frame.Status == FrameStatus.Incomplete) yield break;
            string? fault = frame.Status != FrameStatus.Whole ? "damaged: no whole commit frame"
                : frame.Segment.Start + frame.Offset != Walk.End ? "a segment before it is missing"
                : Walk.Take(frame);
            if (fault is not null) throw LogFolder.Damaged(folder.Path, frame.Place, fault);
            advance?.Invoke(frame.Length);
            yield return frame;
        }
    }

    /// <summary>Compares the entries of the last frame with their payloads.</summary>
    /// <returns>Offset after the last of their payload frames; 0 if there is none.</returns>
    /// <exception cref="CommandFailure">One is missing or damaged.</exception>
    public async Task<ulong> CheckPayloadsAsync(CancellationToken cancellationToken)
    {
        ulong end = 0;
        foreach (PlacedEntry entry in Walk.Entries)
        {
            AuditFault? fault = await _payloads.CheckAsync(
                entry.Record, entry.Number, entry.Offset, cancellationToken);
            if (_payloads.AbsentCount > 0)
            {
                throw LogFolder.Damaged(
                    folder.Path, "payload",
                    $"the payload of record {entry.Number}, at {entry.Offset}, is missing");
            }
            if (fault is not null)
            {
                throw LogFolder.Damaged(
                    folder.Path, fault.Place!, $"the payload of record {entry.Number} is damaged");
            }
            end = Math.Max(end, await EndOfAsync(entry.Offset, cancellationToken));
        }
        return end;
    }

    private async Task<ulong> EndOfAsync(ulong offset, CancellationToken cancellationToken)
    {
        SegmentFile segment = folder.Payload.Last(s => s.Start <= offset);
        var header = new byte[PayloadFrame.HeaderBytes];
        await segment.ReadAsync(offset - segment.Start, header, cancellationToken);
        PayloadFrame.TryReadLengths(header, out PayloadFrameLengths lengths);
        return offset + (ulong)lengths.Frame;
    }
}
