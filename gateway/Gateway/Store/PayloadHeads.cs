using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Store;

/// <summary>
/// Reads payload frames up to their payloads, most of them one behind the other, through a window.
/// Frames that are lost, erased or damaged are no obstacle: an index has less without them.
/// </summary>
internal sealed class PayloadHeads(SegmentChain payloads)
{
    // Small, since between the heads lie the payloads.
    private const int WindowBytes = 64 * 1024;

    private readonly FrameWindow _window = new(payloads, WindowBytes);

    /// <summary>Request and metadata of a record, compared with it; good until the next
    /// call.</summary>
    public bool TryRead(
        in EntryRecord entry,
        ulong offset,
        out ReadOnlySpan<byte> request,
        out ReadOnlySpan<byte> metadata)
    {
        request = metadata = default;
        if (offset > long.MaxValue) return false;
        ReadOnlySpan<byte> bytes = _window.At((long)offset, PayloadFrame.HeaderBytes);
        if (PayloadFrame.TryReadLengths(bytes, out PayloadFrameLengths lengths) != FrameStatus.Whole)
        {
            return false;
        }
        if (bytes.Length < lengths.Head) bytes = _window.At((long)offset, lengths.Head);
        if (bytes.Length < lengths.Head) return false;
        ReadOnlySpan<byte> asked = bytes.Slice(PayloadFrame.HeaderBytes, lengths.Request);
        ReadOnlySpan<byte> said = bytes[(PayloadFrame.HeaderBytes + lengths.Request)..lengths.Head];
        if (Derivation.Request(asked) != entry.Request
            || Derivation.Metadata(said) != entry.Metadata)
        {
            return false;
        }
        request = asked;
        metadata = said;
        return true;
    }
}
