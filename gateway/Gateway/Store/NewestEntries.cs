using System.Runtime.InteropServices;

namespace Sequencer.Gateway.Store;

/// <summary>
/// The entries that were committed last, in memory, as the writer had them: they are what most
/// readers ask for, and so need no disk and no comparing of digests. An erased payload leaves it.
/// </summary>
/// <remarks>
/// One writer, any number of readers. An entry is in it before it is durable: readers stay below the
/// size of the view that they hold.
/// </remarks>
/// <param name="bytesMax">As of <see cref="ByteRing"/>.</param>
internal sealed class NewestEntries(int bytesMax)
{
    private static readonly int LengthsBytes = Marshal.SizeOf<Lengths>();

    private readonly ByteRing _ring = new(bytesMax);

    /// <summary>Takes an entry, unless it is too long.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="record">Its record.</param>
    /// <param name="item">All that travels beside it.</param>
    public void Put(ulong number, ReadOnlySpan<byte> record, in PayloadItem item)
    {
        long length = LengthsBytes + record.Length + item.Bytes;
        if (length > _ring.LengthMax) return;
        RingPlace place = _ring.Put(number, (int)length, out Span<byte> room);
        var lengths = new Lengths(
            record.Length, item.Request.Length, item.Metadata.Length, item.Salt.Length);
        MemoryMarshal.Write(room, lengths);
        Append(ref room, LengthsBytes, record);
        Append(ref room, record.Length, item.Request.Span);
        Append(ref room, item.Request.Length, item.Metadata.Span);
        Append(ref room, item.Metadata.Length, item.Salt.Span);
        Append(ref room, item.Salt.Length, item.Payload.Span);
        _ring.Show(place);
    }

    /// <summary>Removes an entry.</summary>
    public void Remove(ulong number) => _ring.Remove(number);

    /// <summary>The record of an entry; null if it is not here.</summary>
    public byte[]? TryReadRecord(ulong number)
    {
        if (!TryFind(number, out RingPlace place, out Lengths lengths)) return null;
        var record = new byte[lengths.Record];
        return _ring.TryCopy(place, LengthsBytes, record) ? record : null;
    }

    /// <summary>An entry without its payload; null if it is not here.</summary>
    public StoredHead? TryReadHead(ulong number) =>
        TryFind(number, out RingPlace place, out Lengths lengths)
            && TryCopy(place, lengths.Head) is { } bytes
                ? HeadOf(bytes, lengths)
                : null;

    /// <summary>An entry; null if it is not here.</summary>
    public StoredEntry? TryRead(ulong number)
    {
        if (!TryFind(number, out RingPlace place, out Lengths lengths)) return null;
        if (TryCopy(place, place.Length - LengthsBytes) is not { } bytes) return null;
        return new StoredEntry(
            HeadOf(bytes, lengths), bytes.AsMemory(lengths.Head + lengths.Salt))
        {
            Salt = bytes.AsMemory(lengths.Head, lengths.Salt),
        };
    }

    private static void Append(ref Span<byte> room, int before, ReadOnlySpan<byte> part)
    {
        room = room[before..];
        part.CopyTo(room);
    }

    private static StoredHead HeadOf(byte[] bytes, in Lengths lengths) => new(
        bytes.AsMemory(0, lengths.Record),
        PayloadStatus.Whole,
        bytes.AsMemory(lengths.Record, lengths.Request),
        bytes.AsMemory(lengths.Record + lengths.Request, lengths.Metadata));

    private bool TryFind(ulong number, out RingPlace place, out Lengths lengths)
    {
        lengths = default;
        return _ring.TryFind(number, out place)
            && _ring.TryCopy(
                place, 0, MemoryMarshal.AsBytes(new Span<Lengths>(ref lengths)));
    }

    private byte[]? TryCopy(in RingPlace place, int length)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(length);
        return _ring.TryCopy(place, LengthsBytes, bytes) ? bytes : null;
    }

    // The payload's is what remains.
    private readonly record struct Lengths(int Record, int Request, int Metadata, int Salt)
    {
        public int Head => Record + Request + Metadata;
    }
}
