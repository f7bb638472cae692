using System.Buffers.Binary;

namespace Sequencer.Attestation.Log;

/// <summary>
/// Which entry used an idempotency digest: an item of the window's canonical form, of which a
/// snapshot holds the digest (docs/PROTOCOL.md section 4).
/// </summary>
/// <param name="Key">The idempotency digest.</param>
/// <param name="Number">The entry's sequence number.</param>
/// <param name="Request">Its request digest.</param>
/// <param name="GroupIndex">Its place in its group.</param>
/// <param name="GroupCount">Members of its group.</param>
public readonly record struct KeyUse(
    Digest Key, ulong Number, Digest Request, ushort GroupIndex, ushort GroupCount)
{
    /// <summary>Bytes of a use in a snapshot's content.</summary>
    public const int Bytes = Digest.Size + 8 + Digest.Size + 2 + 2;

    /// <summary>The use of an entry that has a digest.</summary>
    public static KeyUse Of(EntryRecord entry) => new(
        entry.Idempotency, entry.Header.Number, entry.Request, entry.GroupIndex, entry.GroupCount);

    /// <summary>Reads the use at the start of a content.</summary>
    public static KeyUse Read(ReadOnlySpan<byte> content) => new(
        new Digest(content[..Digest.Size]),
        BinaryPrimitives.ReadUInt64BigEndian(content[32..]),
        new Digest(content.Slice(40, Digest.Size)),
        BinaryPrimitives.ReadUInt16BigEndian(content[72..]),
        BinaryPrimitives.ReadUInt16BigEndian(content[74..]));

    /// <summary>Writes <see cref="Bytes"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        Key.CopyTo(destination);
        BinaryPrimitives.WriteUInt64BigEndian(destination[32..], Number);
        Request.CopyTo(destination[40..]);
        BinaryPrimitives.WriteUInt16BigEndian(destination[72..], GroupIndex);
        BinaryPrimitives.WriteUInt16BigEndian(destination[74..], GroupCount);
    }
}
