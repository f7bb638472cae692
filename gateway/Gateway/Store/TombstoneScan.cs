using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Store;

/// <summary>
/// Finds the tombstones among the records of a range. Most records show by themselves that they are
/// none; of the others the metadata is read.
/// </summary>
internal sealed class TombstoneScan(
    SegmentChain log, NumberIndex numbers, PayloadFiles payloads)
{
    private const int PlacesAtOnce = 4096;

    private readonly FrameWindow _window = new(log);

    /// <summary>Each number that a tombstone of the range erases, with that tombstone's.</summary>
    public IEnumerable<(ulong Erased, ulong Tombstone)> Run(ulong first, ulong end)
    {
        var places = new NumberPlace[(int)Math.Min(PlacesAtOnce, end - first)];
        for (; first < end; first += (ulong)places.Length)
        {
            int count = (int)Math.Min((ulong)places.Length, end - first);
            numbers.Read(first, places.AsSpan(0, count));
            for (int i = 0; i < count; i++)
            {
                if (Read(places[i]) is { } tombstone && Erases(tombstone, places[i]))
                {
                    yield return (tombstone.Erased, first + (ulong)i);
                }
            }
        }
    }

    private Tombstone? Read(in NumberPlace place)
    {
        if (place.PayloadOffset == CommitFrame.NoPayload) return null;
        ReadOnlySpan<byte> record = RecordAt(place);
        if (!EntryRecord.TryParse(record, out EntryRecord entry) || !Tombstone.CanBe(entry))
        {
            return null;
        }
        StoredHead head = payloads.ReadHead(record.ToArray(), place.PayloadOffset);
        return Tombstone.TryRead(record, head.Metadata.Span, out Tombstone tombstone)
            ? tombstone
            : null;
    }

    private bool Erases(Tombstone tombstone, in NumberPlace place)
    {
        if (!EntryRecord.TryParse(RecordAt(place), out EntryRecord entry)) return false;
        // Taken before the window moves on to the other record.
        Digest tenant = entry.Tenant;
        return tombstone.Erases(RecordAt(numbers.Read(tombstone.Erased)), tenant);
    }

    private ReadOnlySpan<byte> RecordAt(in NumberPlace place)
    {
        ReadOnlySpan<byte> bytes = _window.At(place.RecordOffset, place.RecordBytes);
        return bytes.Length >= place.RecordBytes
            ? bytes[..place.RecordBytes]
            : throw new IOException($"The log ends before {place.RecordOffset}.");
    }
}
