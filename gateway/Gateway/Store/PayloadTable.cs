using System.Numerics;
using System.Security.Cryptography;

namespace Sequencer.Gateway.Store;

/// <summary>
/// From the fingerprint of a payload commitment (its first 8 bytes) to the newest number that has
/// it: open addressing, 16 bytes a slot, at most three quarters full. Older numbers are linked from
/// newer ones in <see cref="NumberIndex"/>, so a payload sent a million times takes one slot.
/// </summary>
/// <remarks>
/// One writer; readers take no lock. A slot's key is written before its number and never changes,
/// so a reader that sees the number sees the key. Growth fills a new array and then swaps it in.
/// Two commitments with one fingerprint share a chain, which the reader sorts out by the records.
/// </remarks>
internal sealed class PayloadTable
{
    private const int FirstCapacity = 1024;

    // A secret factor spreads the fingerprints, or a caller could choose payloads that all collide.
    private readonly ulong _factor =
        BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;

    private Slot[] _slots = new Slot[FirstCapacity];
    private int _used;

    /// <summary>The newest number of a fingerprint, or
    /// <see cref="NumberPlace.NoNumber"/>.</summary>
    public ulong Newest(ulong fingerprint)
    {
        Slot[] slots = Volatile.Read(ref _slots);
        ulong next = Volatile.Read(ref slots[Find(slots, fingerprint)].NumberPlusOne);
        return next - 1;
    }

    /// <summary>Sets the newest number of a fingerprint.</summary>
    public void Set(ulong fingerprint, ulong number)
    {
        int at = Find(_slots, fingerprint);
        if (_slots[at].NumberPlusOne == 0)
        {
            if (_used >= _slots.Length / 4 * 3)
            {
                Grow();
                at = Find(_slots, fingerprint);
            }
            _slots[at].Fingerprint = fingerprint;
            _used++;
        }
        Volatile.Write(ref _slots[at].NumberPlusOne, number + 1);
    }

    // The slot of the fingerprint, or the free one where it would go.
    private int Find(Slot[] slots, ulong fingerprint)
    {
        int mask = slots.Length - 1;
        int shift = 64 - BitOperations.Log2((uint)slots.Length);
        int at = (int)(fingerprint * _factor >> shift);
        while (Volatile.Read(ref slots[at].NumberPlusOne) != 0
            && slots[at].Fingerprint != fingerprint)
        {
            at = (at + 1) & mask;
        }
        return at;
    }

    private void Grow()
    {
        var grown = new Slot[checked(_slots.Length * 2)];
        foreach (ref readonly Slot slot in _slots.AsSpan())
        {
            if (slot.NumberPlusOne != 0) grown[Find(grown, slot.Fingerprint)] = slot;
        }
        Volatile.Write(ref _slots, grown);
    }

    private struct Slot
    {
        public ulong Fingerprint;

        // 0 in a free slot.
        public ulong NumberPlusOne;
    }
}
