using System.Buffers.Binary;
using System.Numerics;

namespace Sequencer.Attestation.Log;

/// <summary>A cell as it stands.</summary>
/// <param name="Value">For a stream its version; 0 for a cell that does not exist.</param>
/// <param name="LastChanged">
/// The number that last changed it; 0 for a cell that does not exist, since number 0 is the
/// genesis.
/// </param>
public readonly record struct Cell(long Value, ulong LastChanged)
{
    /// <summary>True once an entry has updated it.</summary>
    public bool Exists => LastChanged != 0;
}

/// <summary>
/// The cells of a log in the order of their first use, each found by its key: their canonical form,
/// of which a snapshot holds the digest (docs/PROTOCOL.md section 4), without any sorting.
/// </summary>
/// <remarks>
/// A cell keeps its index for ever, since only the newest can be taken back. A chained hash table of
/// 60 bytes a cell; room for the capacity is taken at once, and its pages are touched when used.
/// </remarks>
public sealed class CellList
{
    /// <summary>Bytes of a cell in a snapshot's content: key, value, last change.</summary>
    public const int CellBytes = Digest.Size + 8 + 8;

    private const int None = -1;

    private Slot[] _slots;

    // For each bucket one above the index of its newest cell: 0, as the memory comes, is none.
    private int[] _buckets;
    private int _count;

    /// <summary>An empty list, which grows beyond its capacity when it must.</summary>
    public CellList(int capacity = 0)
    {
        _slots = new Slot[capacity];
        _buckets = new int[BucketsFor(capacity)];
    }

    /// <summary>Count of cells.</summary>
    public int Count => _count;

    /// <summary>The cell at an index, to be read or changed.</summary>
    public ref Cell this[int index] => ref _slots[CheckedIndex(index)].Cell;

    /// <summary>The index of a key, or -1.</summary>
    public int IndexOf(in Digest key)
    {
        int at = _buckets[BucketOf(key)] - 1;
        while (at != None && _slots[at].Key != key) at = _slots[at].Next;
        return at;
    }

    /// <summary>Adds a cell, whose key is not there yet; gives its index.</summary>
    public int Add(in Digest key, Cell cell)
    {
        if (_count == _slots.Length) Grow();
        int index = _count++;
        ref int bucket = ref _buckets[BucketOf(key)];
        _slots[index] = new Slot { Key = key, Cell = cell, Next = bucket - 1 };
        bucket = index + 1;
        return index;
    }

    /// <summary>Takes back the newest cell.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public void RemoveNewest()
    {
        if (_count == 0) throw new InvalidOperationException("There is no cell.");
        ref Slot newest = ref _slots[--_count];
        // The newest of all is the newest of its bucket.
        _buckets[BucketOf(newest.Key)] = newest.Next + 1;
    }

    /// <summary>
    /// Writes the cells from an index on, <see cref="CellBytes"/> each, as many as there are and fit.
    /// </summary>
    /// <returns>How many.</returns>
    public int Write(int first, Span<byte> destination)
    {
        int count = Math.Min(_count - first, destination.Length / CellBytes);
        foreach (ref readonly Slot slot in _slots.AsSpan(first, count))
        {
            slot.Key.CopyTo(destination);
            BinaryPrimitives.WriteInt64BigEndian(destination[Digest.Size..], slot.Cell.Value);
            BinaryPrimitives.WriteUInt64BigEndian(
                destination[(Digest.Size + 8)..], slot.Cell.LastChanged);
            destination = destination[CellBytes..];
        }
        return count;
    }

    /// <summary>
    /// Reads the cell at the start of a content and adds it; false if its key is there already.
    /// </summary>
    public bool TryRead(ReadOnlySpan<byte> content)
    {
        var key = new Digest(content[..Digest.Size]);
        if (IndexOf(key) != None) return false;
        Add(key, new Cell(
            BinaryPrimitives.ReadInt64BigEndian(content[Digest.Size..]),
            BinaryPrimitives.ReadUInt64BigEndian(content[(Digest.Size + 8)..])));
        return true;
    }

    private static int BucketsFor(int capacity) =>
        (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 16));

    private int BucketOf(in Digest key) => key.GetHashCode() & (_buckets.Length - 1);

    private int CheckedIndex(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
        return index;
    }

    // In the order of their indexes, so that the newest of a bucket is its first again.
    private void Grow()
    {
        Array.Resize(ref _slots, Math.Max(16, checked(2 * _slots.Length)));
        _buckets = new int[BucketsFor(_slots.Length)];
        for (int i = 0; i < _count; i++)
        {
            ref int bucket = ref _buckets[BucketOf(_slots[i].Key)];
            _slots[i].Next = bucket - 1;
            bucket = i + 1;
        }
    }

    private struct Slot
    {
        public Digest Key;
        public Cell Cell;
        public int Next;
    }
}
