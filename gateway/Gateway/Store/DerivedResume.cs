using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Gateway.Store;

/// <summary>Where a scan of the log goes on: what it had found up to there.</summary>
/// <param name="End">Offset after the last frame.</param>
/// <param name="LastFrame">Offset of that frame.</param>
/// <param name="Checkpoint">Its checkpoint.</param>
/// <param name="LastPayload">The highest offset of a payload that a record has, or null.</param>
internal sealed record ScanPoint(long End, long LastFrame, byte[] Checkpoint, long? LastPayload)
{
    /// <summary>The start of the log.</summary>
    public static ScanPoint Start { get; } = new(0, 0, [], null);
}

/// <summary>
/// Tiles and index as an earlier opening left them, if the log bears them out where they end.
/// Otherwise they are made anew.
/// </summary>
/// <remarks>
/// The last record's hash is enough: it holds the one before it, and so on to the first, so that
/// what was computed from this record was computed from this log. Bytes that the disk has changed
/// since then show when they are used: nobody believes a tile or a record without its proof.
/// </remarks>
internal static class DerivedResume
{
    /// <summary>Opens what is there or begins anew.</summary>
    public static (DerivedData Derived, ScanPoint From) Open(
        IStoreFiles files, EpochDocuments documents, SegmentChain log)
    {
        if (DerivedMark.TryRead(files) is { } mark
            && TryReadFrame(log, mark, out Digest lastLeaf, out byte[] checkpoint)
            && TileFiles.TryResume(files, mark.Size) is { } tiles)
        {
            Span<Digest> last = stackalloc Digest[1];
            tiles.Read(0, mark.Size - 1, last);
            if (last[0] == lastLeaf
                && NumberIndex.TryResume(files, mark.Size) is { } numbers)
            {
                if (ChainIndex.TryResume(files, mark) is { } chains)
                {
                    var resumed = new DerivedData(files, documents, tiles, numbers, chains);
                    long? lastPayload = resumed.Resume(mark.Size, lastLeaf, log);
                    var from = new ScanPoint(mark.LogEnd, mark.LastFrame, checkpoint, lastPayload);
                    return (resumed, from);
                }
                numbers.Dispose();
            }
            tiles.Dispose();
        }
        DerivedMark.Delete(files);
        var emptyTiles = new TileFiles(files);
        // Empties the directory of both.
        var emptyNumbers = new NumberIndex(files);
        var emptyChains = new ChainIndex(files);
        return (
            new DerivedData(files, documents, emptyTiles, emptyNumbers, emptyChains),
            ScanPoint.Start);
    }

    // The frame before the mark is whole, and ends where and with the number that the mark says.
    private static bool TryReadFrame(
        SegmentChain log, DerivedMark mark, out Digest lastLeaf, out byte[] checkpoint)
    {
        lastLeaf = default;
        checkpoint = [];
        long length = mark.LogEnd - mark.LastFrame;
        if (mark.Size == 0 || mark.LastFrame < 0 || length is <= 0 or > CommitFrame.MaxBytes)
        {
            return false;
        }
        var bytes = new byte[length];
        if (!log.TryRead(mark.LastFrame, bytes)) return false;
        if (CommitFrame.TryRead(bytes, out CommitFrame frame, out int whole) != FrameStatus.Whole
            || whole != length || frame.FirstNumber + (ulong)frame.Count != mark.Size)
        {
            return false;
        }
        ReadOnlySpan<byte> rest = frame.Records;
        while (EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> record))
        {
            if (rest.IsEmpty) lastLeaf = TreeHash.Leaf(record);
        }
        checkpoint = frame.Checkpoint.ToArray();
        return true;
    }
}
