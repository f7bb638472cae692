using System.Buffers;
using System.Buffers.Binary;

namespace Sequencer.Attestation.Merkle;

/// <summary>
/// A bundle of entries (c2sp.org/tlog-tiles): for each entry, its length as a big-endian 16-bit
/// integer, then its bytes. Nothing stands between or after entries, so the bytes are unique.
/// </summary>
public static class EntryBundle
{
    /// <summary>Longest entry, in bytes.</summary>
    public const int MaxEntryBytes = ushort.MaxValue;

    /// <summary>Longest bundle, in bytes: 256 entries.</summary>
    public const int MaxBytes = TilePath.FullWidth * (PrefixBytes + MaxEntryBytes);

    private const int PrefixBytes = 2;

    /// <summary>Appends one entry.</summary>
    /// <exception cref="ArgumentException">The entry is above <see cref="MaxEntryBytes"/>.
    /// </exception>
    public static void Write(IBufferWriter<byte> destination, ReadOnlySpan<byte> entry)
    {
        if (entry.Length > MaxEntryBytes)
        {
            throw new ArgumentException("An entry has at most 65535 bytes.", nameof(entry));
        }
        Span<byte> buffer = destination.GetSpan(PrefixBytes + entry.Length);
        BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)entry.Length);
        entry.CopyTo(buffer[PrefixBytes..]);
        destination.Advance(PrefixBytes + entry.Length);
    }

    /// <summary>
    /// Takes the first entry off <paramref name="bundle"/>. False, taking nothing, if the bundle is
    /// empty or ends inside the entry.
    /// </summary>
    public static bool TryRead(ref ReadOnlySpan<byte> bundle, out ReadOnlySpan<byte> entry)
    {
        entry = default;
        if (!BinaryPrimitives.TryReadUInt16BigEndian(bundle, out ushort length)) return false;
        if (bundle.Length - PrefixBytes < length) return false;
        entry = bundle.Slice(PrefixBytes, length);
        bundle = bundle[(PrefixBytes + length)..];
        return true;
    }

    /// <summary>
    /// The number of entries; false if the bytes do not end with an entry or hold more than 256.
    /// </summary>
    public static bool TryCount(ReadOnlySpan<byte> bundle, out int count)
    {
        count = 0;
        while (count < TilePath.FullWidth && TryRead(ref bundle, out _)) count++;
        return bundle.IsEmpty;
    }
}
