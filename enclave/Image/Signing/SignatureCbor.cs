using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Sequencer.Enclave.Image.Signing;

/// <summary>Writes the few forms of CBOR (RFC 8949) that a signature section is made of.</summary>
internal sealed class SignatureCbor
{
    private const byte Unsigned = 0 << 5;
    private const byte ByteString = 2 << 5;
    private const byte TextString = 3 << 5;
    private const byte Array = 4 << 5;
    private const byte Map = 5 << 5;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public SignatureCbor Integer(int value) => Head(Unsigned, value);

    public SignatureCbor Text(string value) =>
        Head(TextString, value.Length).Raw(Encoding.ASCII.GetBytes(value));

    public SignatureCbor Bytes(ReadOnlySpan<byte> value) =>
        Head(ByteString, value.Length).Raw(value);

    public SignatureCbor StartArray(int count) => Head(Array, count);

    public SignatureCbor StartMap(int count) => Head(Map, count);

    /// <summary>Bytes as an array of integers, as this format has them.</summary>
    public SignatureCbor Integers(ReadOnlySpan<byte> value)
    {
        Head(Array, value.Length);
        foreach (byte element in value) Head(Unsigned, element);
        return this;
    }

    private SignatureCbor Head(byte major, int argument)
    {
        Span<byte> head = stackalloc byte[3];
        if (argument < 24) return Raw([(byte)(major | argument)]);
        if (argument <= byte.MaxValue) return Raw([(byte)(major | 24), (byte)argument]);
        head[0] = (byte)(major | 25);
        BinaryPrimitives.WriteUInt16BigEndian(head[1..], checked((ushort)argument));
        return Raw(head);
    }

    private SignatureCbor Raw(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }
}
