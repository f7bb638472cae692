using System.Numerics;
using System.Security.Cryptography;

namespace Sequencer.Gateway.Store;

/// <summary>
/// From the key of a chain to its newest row: 24 bytes a chain in two arrays that double, and a slot
/// of 4 bytes in a table that is at most three quarters full; 29 to 59 bytes a chain in all.
/// </summary>
/// <remarks>
/// One writer; readers take no lock. A chain's key and row are written before the slot that names
/// it, and keys never change. Growth fills new arrays and then swaps them in, all at once.
/// </remarks>
internal sealed class ChainTable
{
    private const int FirstCapacity = 1024;

    // A secret factor spreads the keys, or a caller could choose names that all collide.
    private readonly ulong _factor =
        BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))) | 1;

    private Arrays _arrays = new(new uint[2 * FirstCapacity], FirstCapacity);

    /// <summary>Chains in it; the next one gets this ordinal.</summary>
    public uint Count { get; private set; }

    /// <summary>The chain of a key and its newest row; false if there is none.</summary>
    public bool TryFind(ChainKey key, out uint chain, out ulong newest)
    {
        Arrays arrays = Volatile.Read(ref _arrays);
        uint slot = Volatile.Read(ref arrays.Slots[Find(arrays, key)]);
        chain = slot - 1;
        newest = slot == 0 ? ChainRow.None : Volatile.Read(ref arrays.Newest[chain]);
        return slot != 0;
    }

    /// <summary>Adds a chain that is not there.</summary>
    public void Add(ChainKey key, ulong newest)
    {
        if (Count == _arrays.Keys.Length) Grow();
        _arrays.Keys[Count] = key;
        _arrays.Newest[Count] = newest;
        int at = Find(_arrays, key);
        Volatile.Write(ref _arrays.Slots[at], ++Count);
    }

    /// <summary>Sets the newest row of a chain that is there.</summary>
    public void Set(uint chain, ulong newest) =>
        Volatile.Write(ref _arrays.Newest[chain], newest);

    // The slot of the key, or the free one where it would go.
    private int Find(Arrays arrays, ChainKey key)
    {
        int mask = arrays.Slots.Length - 1;
        int shift = 64 - BitOperations.Log2((uint)arrays.Slots.Length);
        int at = (int)((ulong)key.Value * _factor >> shift);
        for (uint slot; (slot = Volatile.Read(ref arrays.Slots[at])) != 0; at = (at + 1) & mask)
        {
            if (arrays.Keys[slot - 1] == key) break;
        }
        return at;
    }

    private void Grow()
    {
        int capacity = checked(2 * _arrays.Keys.Length);
        uint[] slots = new uint[(int)BitOperations.RoundUpToPowerOf2((uint)(capacity / 3 * 4 + 1))];
        var grown = new Arrays(slots, capacity);
        _arrays.Keys.CopyTo(grown.Keys, 0);
        _arrays.Newest.CopyTo(grown.Newest, 0);
        for (uint chain = 0; chain < Count; chain++)
        {
            grown.Slots[Find(grown, grown.Keys[chain])] = chain + 1;
        }
        Volatile.Write(ref _arrays, grown);
    }

    private sealed class Arrays(uint[] slots, int capacity)
    {
        // 0 in a free slot, otherwise the chain's ordinal and one.
        public readonly uint[] Slots = slots;

        public readonly ChainKey[] Keys = new ChainKey[capacity];

        public readonly ulong[] Newest = new ulong[capacity];
    }
}
