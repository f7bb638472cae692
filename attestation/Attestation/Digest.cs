using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sequencer.Attestation;

/// <summary>
/// A SHA-256 value: 32 bytes, held by value so that it can be a map key and a field without
/// allocation. Leaf hashes, tree nodes, cell keys, tenants and payload commitments are digests.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct Digest : IEquatable<Digest>
{
    /// <summary>Length of a digest, in bytes.</summary>
    public const int Size = 32;

    private static readonly Digest HashSecret = new(RandomNumberGenerator.GetBytes(Size));

    // Four words in memory order: the bytes of the digest as they stand, in any endianness.
    private readonly ulong _w0;
    private readonly ulong _w1;
    private readonly ulong _w2;
    private readonly ulong _w3;

    /// <summary>Reads a digest from exactly <see cref="Size"/> bytes.</summary>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public Digest(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException("A digest has 32 bytes.", nameof(bytes));
        }
        this = MemoryMarshal.Read<Digest>(bytes);
    }

    /// <summary>32 zero bytes: stands for "none" where a format says so.</summary>
    public static Digest Zero => default;

    /// <summary>True for 32 zero bytes.</summary>
    public bool IsZero => (_w0 | _w1 | _w2 | _w3) == 0;

    /// <summary>The bytes of this digest, in place.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> AsSpan() =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<Digest>(in this));

    /// <summary>Copies the 32 bytes to the start of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<byte> destination) => MemoryMarshal.Write(destination, in this);

    /// <summary>A new array with the 32 bytes.</summary>
    public byte[] ToArray() => AsSpan().ToArray();

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string ToHex() => Convert.ToHexStringLower(AsSpan());

    /// <summary>Standard base64 with padding: 44 characters.</summary>
    public string ToBase64() => Convert.ToBase64String(AsSpan());

    /// <summary>Reads 64 lower-case hexadecimal digits; anything else is refused.</summary>
    public static bool TryParseHex(string? text, out Digest digest)
    {
        digest = default;
        if (text is null || text.Length != 2 * Size) return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigitLower(c)) return false;
        }
        digest = new Digest(Convert.FromHexString(text));
        return true;
    }

    /// <summary>Reads canonical base64 (44 characters, padded, no stray bits).</summary>
    public static bool TryParseBase64(ReadOnlySpan<char> text, out Digest digest)
    {
        digest = default;
        Span<byte> bytes = stackalloc byte[Size + 1];
        if (text.Length != 44 || !Convert.TryFromBase64Chars(text, bytes, out int n) || n != Size)
        {
            return false;
        }
        var read = new Digest(bytes[..Size]);
        if (!text.SequenceEqual(read.ToBase64())) return false;
        digest = read;
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(Digest other) =>
        _w0 == other._w0 && _w1 == other._w1 && _w2 == other._w2 && _w3 == other._w3;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Digest other && Equals(other);

    /// <summary>Differs from process to process; not for storage.</summary>
    /// <remarks>
    /// A digest is uniformly spread only if an honest party hashed: whoever chooses the bytes, or
    /// hashes until they suit him, could put all keys of a map into one bucket. So each word is
    /// multiplied with what he does not know. Two multiplications; no map's content depends on it.
    /// </remarks>
    public override int GetHashCode()
    {
        ulong high = Math.BigMul(_w0 ^ HashSecret._w0, _w1 ^ HashSecret._w1, out ulong low);
        ulong mixed = high ^ low;
        high = Math.BigMul(_w2 ^ HashSecret._w2, _w3 ^ HashSecret._w3, out low);
        mixed += high ^ low;
        return (int)(mixed ^ (mixed >> 32));
    }

    /// <inheritdoc/>
    public override string ToString() => ToHex();

    /// <summary>Byte equality.</summary>
    public static bool operator ==(Digest left, Digest right) => left.Equals(right);

    /// <summary>Byte inequality.</summary>
    public static bool operator !=(Digest left, Digest right) => !left.Equals(right);

    /// <summary>The first eight bytes, big endian: a short fingerprint for indexes.</summary>
    public ulong Fingerprint => BinaryPrimitives.ReadUInt64BigEndian(AsSpan());
}
