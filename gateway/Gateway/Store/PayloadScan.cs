using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Store;

/// <summary>
/// Reads the payload frames after the last one that a record has. Those before it are not read:
/// they may be many, and each is compared with its record when it is served.
/// </summary>
internal sealed class PayloadScan(SegmentChain payloads)
{
    private readonly FrameWindow _window = new(payloads);
    private readonly Dictionary<Digest, ulong> _pending = [];

    /// <summary>Offset after the last frame that a record has.</summary>
    public long Start { get; private set; }

    /// <summary>Offset after the last whole frame.</summary>
    public long End { get; private set; }

    /// <summary>Request digest to offset of the frames between the two.</summary>
    public IReadOnlyDictionary<Digest, ulong> Pending => _pending;

    /// <param name="lastPayload">Offset of the last frame that a record has, or null.</param>
    /// <exception cref="StoreDamagedException">That frame is not whole, or an earlier segment ends
    /// before its frames do.</exception>
    public void Run(long? lastPayload)
    {
        Start = payloads.Segments[0].Start;
        if (lastPayload is { } last)
        {
            if (!TryReadAt(last, out _, out int length))
            {
                throw new StoreDamagedException(
                    "payload", $"the last payload of the log, at {last}, is lost or damaged.");
            }
            Start = last + length;
        }
        // Frames are written many at a time before they are synced, so a crash may leave whole ones
        // after a torn one. None of those was acknowledged or handed to the enclave.
        End = Start;
        while (TryReadAt(End, out Digest? request, out int length))
        {
            if (request is { } digest) _pending[digest] = (ulong)End;
            End += length;
        }
        if (End < payloads.Segments[^1].Start)
        {
            throw new StoreDamagedException(
                "payload", $"damaged at {End}, which is not in the last segment.");
        }
    }

    // The request is null where the frame was erased: no record will come for it.
    private bool TryReadAt(long offset, out Digest? request, out int length)
    {
        request = null;
        ReadOnlySpan<byte> bytes = _window.At(offset, PayloadFrame.HeaderBytes);
        FrameStatus status = PayloadFrame.TryRead(bytes, out PayloadFrame frame, out length);
        if (status == FrameStatus.Incomplete && length <= payloads.End - offset)
        {
            status = PayloadFrame.TryRead(_window.At(offset, length), out frame, out length);
        }
        if (status != FrameStatus.Whole) return false;
        if (!frame.IsErased) request = Derivation.Request(frame.Request);
        return true;
    }
}
