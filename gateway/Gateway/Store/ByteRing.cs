using System.Numerics;
using System.Runtime.InteropServices;

namespace Sequencer.Gateway.Store;

/// <summary>Where something is in a <see cref="ByteRing"/>, as long as it is there.</summary>
/// <param name="Number">The number that it was put under.</param>
/// <param name="Offset">Of its head, counted from the first byte that was ever put.</param>
/// <param name="Length">In bytes, without its head.</param>
internal readonly record struct RingPlace(ulong Number, long Offset, int Length);

/// <summary>
/// Bytes by number, in memory that is taken once: what is put pushes out what was put first. Nothing
/// is left behind: what was pushed out, replaced or removed is zeroed.
/// </summary>
/// <remarks>
/// One writer at a time, and any number of readers, without locks: a writer first says what goes
/// and then writes over it, a reader first copies and then looks whether that was still there.
/// </remarks>
internal sealed class ByteRing
{
    /// <summary>The smallest ring, in bytes.</summary>
    public const int BytesMin = 4096;

    private const int HeadBytes = 16;
    private const int BytesPerNumber = 512;
    private const int PartsMin = 64;
    private const ulong Gap = ulong.MaxValue;

    private readonly byte[] _bytes;

    // Offset of what is there under a number, by the number's lowest bits; 0 for nothing.
    private readonly long[] _places;

    // From here to the end all is whole, head behind head. The first lap is none, so that no offset
    // is 0.
    private long _from;
    private long _end;

    /// <param name="bytesMax">Memory, heads included: a power of two, at least
    /// <see cref="BytesMin"/>.</param>
    public ByteRing(int bytesMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesMax, BytesMin);
        ArgumentOutOfRangeException.ThrowIfNotEqual(BitOperations.IsPow2(bytesMax), true);
        _bytes = new byte[bytesMax];
        _places = new long[bytesMax / BytesPerNumber];
        _from = _end = bytesMax;
    }

    /// <summary>Longest that is taken, in bytes: one must not push out all others.</summary>
    public int LengthMax => _bytes.Length / PartsMin - HeadBytes;

    /// <summary>Makes room for a number's bytes, in place of what is there under it. They are to be
    /// filled in and shown before anything else is put.</summary>
    /// <param name="number">The number.</param>
    /// <param name="length">At most <see cref="LengthMax"/>.</param>
    /// <param name="room">Zeroed, of that length.</param>
    public RingPlace Put(ulong number, int length, out Span<byte> room)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, LengthMax);
        // Also another number's: without its place it could not be removed any more.
        Forget(ref PlaceOf(number));
        int left = _bytes.Length - PositionOf(_end);
        if (left < TotalOf(length)) Take(Gap, left - HeadBytes);
        var place = new RingPlace(number, _end, length);
        room = Take(number, length);
        return place;
    }

    /// <summary>Lets readers find what was put.</summary>
    public void Show(in RingPlace place) =>
        Volatile.Write(ref PlaceOf(place.Number), place.Offset);

    /// <summary>Removes what is there under a number.</summary>
    public void Remove(ulong number)
    {
        if (TryFind(number, out _)) Forget(ref PlaceOf(number));
    }

    /// <summary>Finds what is there under a number.</summary>
    public bool TryFind(ulong number, out RingPlace place)
    {
        long offset = Volatile.Read(ref PlaceOf(number));
        Head head = HeadAt(offset);
        place = new RingPlace(number, offset, head.Length);
        return IsThere(place) && head.Number == number;
    }

    /// <summary>Copies a part of it; false if it is gone, and then the bytes mean nothing.</summary>
    public bool TryCopy(in RingPlace place, int start, Span<byte> destination)
    {
        BodyAt(place.Offset).Slice(start, destination.Length).CopyTo(destination);
        return IsThere(place);
    }

    // What was read before this call was whole if it is there still.
    private bool IsThere(in RingPlace place)
    {
        Volatile.ReadBarrier();
        return Volatile.Read(ref PlaceOf(place.Number)) == place.Offset
            && Volatile.Read(ref _from) <= place.Offset;
    }

    private Span<byte> Take(ulong number, int length)
    {
        long end = _end + TotalOf(length);
        while (_from < end - _bytes.Length) PushOut();
        var head = new Head(number, length);
        MemoryMarshal.Write(_bytes.AsSpan(PositionOf(_end)), head);
        Span<byte> body = BodyAt(_end)[..length];
        _end = end;
        return body;
    }

    private void PushOut()
    {
        long offset = _from;
        int length = HeadAt(offset).Length;
        Volatile.Write(ref _from, offset + TotalOf(length));
        Interlocked.MemoryBarrier();
        _bytes.AsSpan(PositionOf(offset), TotalOf(length)).Clear();
    }

    private void Forget(ref long place)
    {
        long offset = place;
        if (offset < _from) return;
        Volatile.Write(ref place, 0);
        Interlocked.MemoryBarrier();
        BodyAt(offset)[..HeadAt(offset).Length].Clear();
    }

    private ref long PlaceOf(ulong number) => ref _places[number & (ulong)(_places.Length - 1)];

    private Head HeadAt(long offset) =>
        MemoryMarshal.Read<Head>(_bytes.AsSpan(PositionOf(offset)));

    private Span<byte> BodyAt(long offset) => _bytes.AsSpan(PositionOf(offset) + HeadBytes);

    private int PositionOf(long offset) => (int)(offset & (_bytes.Length - 1));

    // Whole heads, so that at the end of a lap there is room for one or for nothing.
    private static int TotalOf(int length) => (length + 2 * HeadBytes - 1) & -HeadBytes;

    private readonly record struct Head(ulong Number, int Length);
}
