using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Store;

/// <summary>
/// Does on the disk what the log's tombstones say (docs/PROTOCOL.md section 4, "Erasure"). Always in
/// this order: the tombstone is durable, it is noted, the payload is overwritten, that is synced.
/// Noted before it is overwritten, since from then on readers must not take the bytes for damaged;
/// in between it leaves the memory.
/// </summary>
internal sealed class Erasing(SegmentChain log, DerivedData derived, PayloadFiles payloads)
{
    private readonly TombstoneScan _scan = new(log, derived.Numbers, payloads);

    /// <summary>What was done.</summary>
    /// <param name="Erased">Payloads that were overwritten.</param>
    /// <param name="OutOfReach">Payloads in whose place there is no such frame.</param>
    public readonly record struct Outcome(int Erased, int OutOfReach);

    /// <summary>
    /// Erases what the tombstones of a range name. Durable when it returns.
    /// </summary>
    public Outcome Run(ulong first, ulong end)
    {
        var numbers = new List<ulong>();
        foreach ((ulong number, ulong tombstone) in _scan.Run(first, end))
        {
            derived.Erasures.Note(number, tombstone);
            derived.Newest.Remove(number);
            derived.Texts.Remove(number);
            numbers.Add(number);
        }
        return Overwrite(numbers);
    }

    /// <summary>
    /// Erases again what an earlier process may have left: all that tombstones behind the mark name,
    /// whatever is read in their places, since a sync may have failed; and what tombstones before it
    /// name and still stands there, as after a restore of older payloads.
    /// </summary>
    /// <param name="known">The size up to which tombstones are known.</param>
    public Outcome Resume(ulong known)
    {
        List<ulong> numbers =
        [
            .. derived.Erasures.All.Select(pair => pair.Key)
                .Where(number => !payloads.IsErased(derived.Numbers.Read(number).PayloadOffset)),
        ];
        Outcome before = Overwrite(numbers);
        Outcome after = Run(known, derived.NextNumber);
        return new Outcome(before.Erased + after.Erased, before.OutOfReach + after.OutOfReach);
    }

    private Outcome Overwrite(List<ulong> numbers)
    {
        var offsets = new List<ulong>(numbers.Count);
        foreach (ulong number in numbers)
        {
            NumberPlace place = derived.Numbers.Read(number);
            var record = new byte[place.RecordBytes];
            if (log.TryRead(place.RecordOffset, record)
                && EntryRecord.TryParse(record, out EntryRecord entry)
                && payloads.TryErase(place.PayloadOffset, entry.PayloadLength))
            {
                offsets.Add(place.PayloadOffset);
            }
        }
        payloads.SyncErased(offsets);
        return new Outcome(offsets.Count, numbers.Count - offsets.Count);
    }
}
