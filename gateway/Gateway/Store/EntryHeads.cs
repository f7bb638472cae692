using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Store;

/// <summary>
/// Requests and metadata of the records of a commit frame: as the writer has them in memory, or
/// read from the payload frames.
/// </summary>
internal readonly ref struct EntryHeads
{
    private readonly ReadOnlySpan<EntryHead> _given;
    private readonly PayloadHeads? _stored;

    private EntryHeads(ReadOnlySpan<EntryHead> given, PayloadHeads? stored)
    {
        _given = given;
        _stored = stored;
    }

    /// <summary>Those of a batch, which are of its records.</summary>
    public static EntryHeads Of(ReadOnlySpan<EntryHead> given) => new(given, null);

    /// <summary>Those on the disk, which are compared with the records.</summary>
    public static EntryHeads On(PayloadHeads stored) => new(default, stored);

    /// <summary>The head of the entry at a place of the frame; empty where it is lost. Good until
    /// the next call.</summary>
    public void Find(
        int index,
        in EntryRecord entry,
        ulong payloadOffset,
        out ReadOnlySpan<byte> request,
        out ReadOnlySpan<byte> metadata)
    {
        if (_stored is null)
        {
            request = _given[index].Request.Span;
            metadata = _given[index].Metadata.Span;
            return;
        }
        _stored.TryRead(entry, payloadOffset, out request, out metadata);
    }
}
