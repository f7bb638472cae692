using System.Buffers;
using System.Buffers.Binary;

namespace Sequencer.Enclave.Host.Link;

/// <summary>
/// A frame or a body in an array of the shared pool. One owner at a time; whoever takes it last
/// disposes of it. Its array is never read after that.
/// </summary>
internal sealed class FrameBuffer : IDisposable
{
    private byte[] _array;

    private FrameBuffer(int capacity, int length)
    {
        _array = ArrayPool<byte>.Shared.Rent(capacity);
        Length = length;
    }

    /// <summary>Bytes in use.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes in use.</summary>
    public Memory<byte> Memory => _array.AsMemory(0, Length);

    /// <summary>The bytes in use.</summary>
    public Span<byte> Span => _array.AsSpan(0, Length);

    /// <summary>Room for a body that is about to be received; its bytes are anything yet.</summary>
    public static FrameBuffer ForBody(int length) => new(length, length);

    /// <summary>The start of a frame; <see cref="Seal"/> sets its length.</summary>
    public static FrameBuffer ForAnswer(byte type, uint requestId)
    {
        var frame = new FrameBuffer(256, LinkProtocol.HeaderBytes);
        Span<byte> header = frame.Span;
        header.Clear();
        header[4] = LinkProtocol.Version;
        header[5] = type;
        BinaryPrimitives.WriteUInt32BigEndian(header[8..], requestId);
        return frame;
    }

    public void Append(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Extend(bytes.Length));

    public void AppendByte(byte value) => Extend(1)[0] = value;

    public void AppendUInt16(ushort value) =>
        BinaryPrimitives.WriteUInt16BigEndian(Extend(2), value);

    public void AppendUInt32(uint value) =>
        BinaryPrimitives.WriteUInt32BigEndian(Extend(4), value);

    public void AppendUInt64(ulong value) =>
        BinaryPrimitives.WriteUInt64BigEndian(Extend(8), value);

    /// <summary>A <c>u32</c> length and the bytes.</summary>
    public void AppendSized(ReadOnlySpan<byte> bytes)
    {
        AppendUInt32((uint)bytes.Length);
        Append(bytes);
    }

    /// <summary>Sets the length field once the body is complete.</summary>
    /// <exception cref="InvalidOperationException">The frame is longer than the link allows, which
    /// the core's own limits rule out.</exception>
    public FrameBuffer Seal()
    {
        int length = Length - 4;
        if (length > LinkProtocol.FrameMaxBytes)
        {
            throw new InvalidOperationException($"An answer has {length} bytes.");
        }
        BinaryPrimitives.WriteUInt32BigEndian(Span, (uint)length);
        return this;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        byte[] array = _array;
        _array = [];
        Length = 0;
        if (array.Length > 0) ArrayPool<byte>.Shared.Return(array);
    }

    private Span<byte> Extend(int count)
    {
        int length = checked(Length + count);
        if (length > _array.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, 2 * _array.Length));
            Span.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_array);
            _array = larger;
        }
        Span<byte> added = _array.AsSpan(Length, count);
        Length = length;
        return added;
    }
}
