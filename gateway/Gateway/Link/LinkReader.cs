using System.Buffers.Binary;

namespace Sequencer.Gateway.Link;

/// <summary>Takes fields off the front of an answer; a failed read takes nothing.</summary>
internal ref struct LinkReader(ReadOnlyMemory<byte> body)
{
    private ReadOnlyMemory<byte> _rest = body;

    /// <summary>True when nothing is left.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Bytes that are left.</summary>
    public readonly int Remaining => _rest.Length;

    public bool TryReadByte(out byte value)
    {
        value = 0;
        if (!TryReadBytes(1, out ReadOnlyMemory<byte> bytes)) return false;
        value = bytes.Span[0];
        return true;
    }

    public bool TryReadUInt16(out ushort value)
    {
        value = 0;
        if (!TryReadBytes(2, out ReadOnlyMemory<byte> bytes)) return false;
        value = BinaryPrimitives.ReadUInt16BigEndian(bytes.Span);
        return true;
    }

    public bool TryReadUInt32(out uint value)
    {
        value = 0;
        if (!TryReadBytes(4, out ReadOnlyMemory<byte> bytes)) return false;
        value = BinaryPrimitives.ReadUInt32BigEndian(bytes.Span);
        return true;
    }

    public bool TryReadUInt64(out ulong value)
    {
        value = 0;
        if (!TryReadBytes(8, out ReadOnlyMemory<byte> bytes)) return false;
        value = BinaryPrimitives.ReadUInt64BigEndian(bytes.Span);
        return true;
    }

    /// <summary>A <c>u32</c> length and that many bytes.</summary>
    public bool TryReadBlock(out ReadOnlyMemory<byte> block)
    {
        block = default;
        LinkReader ahead = this;
        if (!ahead.TryReadUInt32(out uint length) || length > ahead.Remaining) return false;
        if (!ahead.TryReadBytes((int)length, out block)) return false;
        this = ahead;
        return true;
    }

    public bool TryReadBytes(int count, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (_rest.Length < count) return false;
        bytes = _rest[..count];
        _rest = _rest[count..];
        return true;
    }
}
