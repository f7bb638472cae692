using System.Buffers;
using Sequencer.Attestation;

namespace Sequencer.Gateway.Store;

/// <summary>
/// Texts that were made of entries, so that all who ask for the same share the making. Those of an
/// entry whose payload is erased leave it.
/// </summary>
/// <remarks>For any number of threads; readers take no lock.</remarks>
/// <param name="erasures">What is erased.</param>
internal sealed class NewestTexts(Erasures erasures)
{
    /// <summary>Memory for each form, in bytes, once it is asked for.</summary>
    public const int BytesMax = 8 * 1024 * 1024;

    /// <summary>Forms of an entry.</summary>
    public const int Forms = 4;

    private readonly ByteRing?[] _rings = new ByteRing?[Forms];
    private readonly Lock _writing = new();

    /// <summary>Writes the text of an entry, if it is here and the reader's.</summary>
    /// <returns>False if it is to be made; then nothing was written.</returns>
    public bool TryWrite(
        ulong number, int form, in Digest reader, IBufferWriter<byte> destination)
    {
        if (Volatile.Read(ref _rings[form]) is not { } ring) return false;
        if (!ring.TryFind(number, out RingPlace place)) return false;
        Span<byte> owner = stackalloc byte[Digest.Size];
        if (!ring.TryCopy(place, 0, owner)) return false;
        if (owner.ContainsAnyExcept((byte)0) && !owner.SequenceEqual(reader.AsSpan())) return false;
        int length = place.Length - Digest.Size;
        if (!ring.TryCopy(place, Digest.Size, destination.GetSpan(length)[..length])) return false;
        destination.Advance(length);
        return true;
    }

    /// <summary>Keeps a text, unless it is too long, or its entry was erased since it was read.
    /// </summary>
    /// <param name="number">The entry.</param>
    /// <param name="form">Its form.</param>
    /// <param name="owner">The tenant who may read it; zero for everybody.</param>
    /// <param name="tombstone">The tombstone that the text tells.</param>
    /// <param name="text">The text.</param>
    public void Keep(
        ulong number, int form, in Digest owner, ulong? tombstone, ReadOnlySpan<byte> text)
    {
        lock (_writing)
        {
            // Noted comes before removed, and removing waits for this.
            if (erasures.TombstoneOf(number) != tombstone) return;
            ByteRing ring = _rings[form] ?? Open(form);
            if (text.Length > ring.LengthMax - Digest.Size) return;
            RingPlace place = ring.Put(number, Digest.Size + text.Length, out Span<byte> room);
            owner.AsSpan().CopyTo(room);
            text.CopyTo(room[Digest.Size..]);
            ring.Show(place);
        }
    }

    /// <summary>Removes all texts of an entry; after its tombstone was noted.</summary>
    public void Remove(ulong number)
    {
        lock (_writing)
        {
            foreach (ByteRing? ring in _rings) ring?.Remove(number);
        }
    }

    private ByteRing Open(int form)
    {
        var ring = new ByteRing(BytesMax);
        Volatile.Write(ref _rings[form], ring);
        return ring;
    }
}
