using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Sequencer.Attestation.Log;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4) of a frame, kept in a field of that
/// frame.</summary>
internal static class Crc32C
{
    /// <summary>Sets the field at <paramref name="at"/> to the checksum of the rest.</summary>
    public static void Seal(Span<byte> frame, int at) =>
        BinaryPrimitives.WriteUInt32BigEndian(frame[at..], Compute(frame, at));

    /// <summary>The same for a frame in two parts, the field in the first.</summary>
    public static void Seal(Span<byte> head, ReadOnlySpan<byte> tail, int at)
    {
        uint crc = Append(AppendHead(head, at), tail);
        BinaryPrimitives.WriteUInt32BigEndian(head[at..], ~crc);
    }

    /// <summary>True when the field at <paramref name="at"/> is the checksum of the rest.</summary>
    public static bool IsSealed(ReadOnlySpan<byte> frame, int at) =>
        BinaryPrimitives.ReadUInt32BigEndian(frame[at..]) == Compute(frame, at);

    private static uint Compute(ReadOnlySpan<byte> frame, int at) => ~AppendHead(frame, at);

    // The field itself counts as zero.
    private static uint AppendHead(ReadOnlySpan<byte> head, int at)
    {
        uint crc = Append(uint.MaxValue, head[..at]);
        crc = BitOperations.Crc32C(crc, 0u);
        return Append(crc, head[(at + 4)..]);
    }

    private static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words) crc = BitOperations.Crc32C(crc, word);
        foreach (byte b in bytes[(8 * words.Length)..]) crc = BitOperations.Crc32C(crc, b);
        return crc;
    }
}
