using System.Buffers.Binary;
using System.Net.Sockets;

namespace Sequencer.Enclave.Host.Link;

/// <summary>What stands at the front of the stream.</summary>
internal enum FrameReadStatus
{
    /// <summary>A header that holds; its body follows.</summary>
    Header,

    /// <summary>The peer ended the stream, between frames or within one.</summary>
    End,

    /// <summary>Bytes that no gateway sends.</summary>
    Malformed,
}

/// <summary>A request's header that holds.</summary>
internal readonly record struct FrameHeader(LinkMessageType Type, uint RequestId, int BodyBytes)
{
    // A statement and a document, or less.
    private const int SmallAnswerBytesMax = 128 * 1024;

    // What costs an answer most of its request's bytes is a request of none: 2 bytes of length get
    // an outcome of 20. A request of 64 updates has 390 bytes and gets 2,806.
    private const int BatchAnswerFactor = 10;

    /// <summary>
    /// Most bytes that the body and its answer can have: a small request may have a large answer,
    /// and a peer that reads none must not have many of them kept for it.
    /// </summary>
    public int BytesAtMost => BodyBytes + Type switch
    {
        LinkMessageType.Pending => LinkProtocol.BodyMaxBytes,
        LinkMessageType.Sequence => (int)Math.Min(
            LinkProtocol.BodyMaxBytes, SmallAnswerBytesMax + (long)BatchAnswerFactor * BodyBytes),
        _ => SmallAnswerBytesMax,
    };
}

/// <summary>
/// Cuts a stream into frames. Nothing is bought on the peer's word: a header is judged before room
/// for its body is taken, which the caller does when it has some to give.
/// </summary>
internal sealed class FrameReader(Socket socket)
{
    // Small frames arrive many to a system call; a longer body goes straight to its own buffer.
    private readonly byte[] _received = new byte[32 * 1024];
    private int _start;
    private int _end;

    /// <summary>The header of the last <see cref="FrameReadStatus.Header"/>.</summary>
    public FrameHeader Header { get; private set; }

    /// <summary>Waits for a header.</summary>
    public async ValueTask<FrameReadStatus> ReadHeaderAsync(CancellationToken cancellation)
    {
        while (_end - _start < LinkProtocol.HeaderBytes)
        {
            if (_start > 0) Compact();
            int count = await socket.ReceiveAsync(_received.AsMemory(_end), cancellation);
            if (count == 0) return FrameReadStatus.End;
            _end += count;
        }
        if (!TryParse(_received.AsSpan(_start), out FrameHeader header))
        {
            return FrameReadStatus.Malformed;
        }
        _start += LinkProtocol.HeaderBytes;
        Header = header;
        return FrameReadStatus.Header;
    }

    /// <summary>
    /// Receives the body of <see cref="Header"/>; null when the stream ends in it.
    /// </summary>
    public async ValueTask<FrameBuffer?> ReadBodyAsync(CancellationToken cancellation)
    {
        FrameBuffer body = FrameBuffer.ForBody(Header.BodyBytes);
        int filled = Math.Min(_end - _start, body.Length);
        _received.AsSpan(_start, filled).CopyTo(body.Span);
        _start += filled;
        while (filled < body.Length)
        {
            int count = await socket.ReceiveAsync(body.Memory[filled..], cancellation);
            if (count == 0)
            {
                body.Dispose();
                return null;
            }
            filled += count;
        }
        return body;
    }

    private static bool TryParse(ReadOnlySpan<byte> bytes, out FrameHeader header)
    {
        header = default;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (length is < LinkProtocol.FrameMinBytes or > LinkProtocol.FrameMaxBytes) return false;
        if (bytes[4] != LinkProtocol.Version) return false;
        var type = (LinkMessageType)bytes[5];
        if (!Enum.IsDefined(type)) return false;
        if (BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) != 0) return false;
        uint requestId = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]);
        header = new FrameHeader(type, requestId, (int)length - LinkProtocol.FrameMinBytes);
        return true;
    }

    private void Compact()
    {
        _received.AsSpan(_start, _end - _start).CopyTo(_received);
        _end -= _start;
        _start = 0;
    }
}
