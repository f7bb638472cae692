using System.Buffers;
using System.Buffers.Binary;

namespace Sequencer.Gateway.Store;

/// <summary>Where the parts of a number are.</summary>
/// <param name="RecordOffset">Offset in the log of the record's first byte, after its
/// length.</param>
/// <param name="RecordBytes">Length of the record, in bytes.</param>
/// <param name="PayloadOffset">Offset of its payload frame, or
/// <c>CommitFrame.NoPayload</c>.</param>
/// <param name="PreviousEqual">The newest smaller number with an equal payload fingerprint, or
/// <see cref="NoNumber"/>.</param>
/// <param name="Fingerprint">The payload commitment's; 0 for what is no entry.</param>
internal readonly record struct NumberPlace(
    long RecordOffset,
    int RecordBytes,
    ulong PayloadOffset,
    ulong PreviousEqual,
    ulong Fingerprint)
{
    /// <summary>Stands for no number.</summary>
    public const ulong NoNumber = ulong.MaxValue;
}

/// <summary>A flat file with the <see cref="NumberPlace"/> of every number, 32 bytes
/// each.</summary>
/// <remarks>Derived: synced only for a <see cref="DerivedMark"/>. One writer, any number of readers.
/// </remarks>
internal sealed class NumberIndex : IDisposable
{
    /// <summary>Size of a place in the file, in bytes.</summary>
    public const int PlaceBytes = 32;

    /// <summary>Where it is.</summary>
    public const string Directory = "index";

    private const string FilePath = Directory + "/numbers";

    // The record's length shares a word with its offset, which leaves 48 bits: a log of 256 TiB.
    private const int LengthBits = 16;

    private readonly IStoreFile _file;

    /// <summary>Starts empty.</summary>
    public NumberIndex(IStoreFiles files)
    {
        files.CreateDirectory(Directory);
        foreach (string name in files.List(Directory)) files.Delete($"{Directory}/{name}");
        _file = files.Create(FilePath);
    }

    private NumberIndex(IStoreFile file) => _file = file;

    /// <summary>The index with so many numbers that is there; null if it has fewer.</summary>
    public static NumberIndex? TryResume(IStoreFiles files, ulong size)
    {
        if (!files.List(Directory).Contains(Path.GetFileName(FilePath))) return null;
        IStoreFile file = files.Open(FilePath);
        if ((ulong)file.Length / PlaceBytes >= size) return new NumberIndex(file);
        file.Dispose();
        return null;
    }

    /// <summary>Encodes a place to be appended.</summary>
    public static void Encode(IBufferWriter<byte> destination, in NumberPlace place)
    {
        Span<byte> bytes = destination.GetSpan(PlaceBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(
            bytes, (ulong)place.RecordOffset << LengthBits | (uint)place.RecordBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], place.PayloadOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], place.PreviousEqual);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], place.Fingerprint);
        destination.Advance(PlaceBytes);
    }

    /// <summary>Writes encoded places for the numbers from <paramref name="first"/> on.</summary>
    public void Write(ulong first, ReadOnlyMemory<byte> places) =>
        _file.Write([places], (long)first * PlaceBytes);

    /// <summary>The place of one number.</summary>
    public NumberPlace Read(ulong number)
    {
        Span<NumberPlace> one = stackalloc NumberPlace[1];
        Read(number, one);
        return one[0];
    }

    /// <summary>The places of the numbers from <paramref name="first"/> on.</summary>
    /// <exception cref="IOException">They are not there.</exception>
    public void Read(ulong first, Span<NumberPlace> places)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(places.Length * PlaceBytes);
        try
        {
            Span<byte> rest = bytes.AsSpan(0, places.Length * PlaceBytes);
            if (_file.Read(rest, (long)first * PlaceBytes) != rest.Length)
            {
                throw new IOException($"{FilePath} ends before the number that was asked for.");
            }
            foreach (ref NumberPlace place in places)
            {
                place = Decode(rest);
                rest = rest[PlaceBytes..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Makes all that was written before the call durable.</summary>
    public void Sync() => _file.Sync();

    public void Dispose() => _file.Dispose();

    private static NumberPlace Decode(ReadOnlySpan<byte> bytes)
    {
        ulong record = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return new NumberPlace(
            (long)(record >> LengthBits),
            (int)(record & ((1 << LengthBits) - 1)),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
    }
}
