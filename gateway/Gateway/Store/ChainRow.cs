using System.Buffers.Binary;

namespace Sequencer.Gateway.Store;

/// <summary>One entry in one chain.</summary>
/// <param name="Number">The entry's number.</param>
/// <param name="Ordinal">Its place in the chain, from 1.</param>
/// <param name="Previous">The row before it in the chain, or <see cref="None"/>.</param>
/// <param name="Jump">A row further back (<see cref="ChainIndex"/>), or <see cref="None"/>.</param>
/// <param name="Chain">Ordinal of the chain, in order of their first rows.</param>
internal readonly record struct ChainRow(
    ulong Number, ulong Ordinal, ulong Previous, ulong Jump, uint Chain)
{
    /// <summary>Size of a row in the file, in bytes.</summary>
    public const int Size = 32;

    // The chain's ordinal stands, half and half, above two rows: 2^48 rows are 9 PB.
    private const int RowBits = 48;

    /// <summary>Stands for no row.</summary>
    public const ulong None = (1UL << RowBits) - 1;

    /// <summary>What comes before the first row of a chain.</summary>
    public static ChainRow Nothing { get; } = new(0, 0, None, None, 0);

    /// <summary>Reads a row of the file.</summary>
    public static ChainRow Read(ReadOnlySpan<byte> bytes)
    {
        ulong previous = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        ulong jump = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]);
        return new ChainRow(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            previous & None,
            jump & None,
            (uint)(previous >> RowBits << 16 | jump >> RowBits));
    }

    /// <summary>Writes it as the file has it.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Number);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], Ordinal);
        BinaryPrimitives.WriteUInt64LittleEndian(
            bytes[16..], (ulong)(Chain >> 16) << RowBits | Previous);
        BinaryPrimitives.WriteUInt64LittleEndian(
            bytes[24..], (ulong)(Chain & 0xffff) << RowBits | Jump);
    }
}
