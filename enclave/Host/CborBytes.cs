using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Sequencer.Enclave.Host;

/// <summary>
/// Writes the few forms of CBOR (RFC 8949) that an NSM's requests, answers and documents are made
/// of, each in the fewest bytes.
/// </summary>
public sealed class CborBytes
{
    private const byte Unsigned = 0 << 5;
    private const byte ByteString = 2 << 5;
    private const byte TextString = 3 << 5;
    private const byte Array = 4 << 5;
    private const byte Map = 5 << 5;
    private const byte IndefiniteMap = 0xbf;
    private const byte BreakByte = 0xff;
    private const byte FalseByte = 0xf4;
    private const byte TrueByte = 0xf5;
    private const byte NullByte = 0xf6;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>What was written so far.</summary>
    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    /// <summary>An unsigned integer.</summary>
    public CborBytes Number(ulong value) => Head(Unsigned, value);

    /// <summary>A text string.</summary>
    public CborBytes Text(string value)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(value);
        return Head(TextString, (ulong)utf8.Length).Raw(utf8);
    }

    /// <summary>A byte string.</summary>
    public CborBytes Bytes(ReadOnlySpan<byte> value) =>
        Head(ByteString, (ulong)value.Length).Raw(value);

    /// <summary>False or true.</summary>
    public CborBytes Boolean(bool value) => Raw([value ? TrueByte : FalseByte]);

    /// <summary>A byte string; null where there is none, which is not the empty string.</summary>
    public CborBytes Option(ReadOnlyMemory<byte>? value) =>
        value is { } bytes ? Bytes(bytes.Span) : Raw([NullByte]);

    /// <summary>The head of an array; so many items follow.</summary>
    public CborBytes StartArray(int count) => Head(Array, (ulong)count);

    /// <summary>The head of a map; so many pairs of key and value follow.</summary>
    public CborBytes StartMap(int count) => Head(Map, (ulong)count);

    /// <summary>The head of a map that a break ends.</summary>
    public CborBytes StartIndefiniteMap() => Raw([IndefiniteMap]);

    /// <summary>The end of an indefinite map.</summary>
    public CborBytes Break() => Raw([BreakByte]);

    /// <summary>A major type with its argument in the fewest bytes.</summary>
    private CborBytes Head(byte major, ulong argument)
    {
        Span<byte> head = stackalloc byte[9];
        switch (argument)
        {
            case < 24:
                return Raw([(byte)(major | (byte)argument)]);
            case <= byte.MaxValue:
                return Raw([(byte)(major | 24), (byte)argument]);
            case <= ushort.MaxValue:
                head[0] = (byte)(major | 25);
                BinaryPrimitives.WriteUInt16BigEndian(head[1..], (ushort)argument);
                return Raw(head[..3]);
            case <= uint.MaxValue:
                head[0] = (byte)(major | 26);
                BinaryPrimitives.WriteUInt32BigEndian(head[1..], (uint)argument);
                return Raw(head[..5]);
            default:
                head[0] = (byte)(major | 27);
                BinaryPrimitives.WriteUInt64BigEndian(head[1..], argument);
                return Raw(head);
        }
    }

    private CborBytes Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }
}
