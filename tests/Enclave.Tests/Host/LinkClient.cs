using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Sequencer.Enclave.Host.Link;
using Sequencer.Enclave.Tests.Core;

namespace Sequencer.Enclave.Tests.Host;

/// <summary>An answer of the link: its frame's type, request id and body.</summary>
internal sealed record LinkAnswer(byte Type, uint RequestId, byte[] Body)
{
    /// <summary>The error's code; 0 for an answer that is none.</summary>
    public ushort ErrorCode =>
        Type == LinkProtocol.ErrorType ? BinaryPrimitives.ReadUInt16BigEndian(Body) : (ushort)0;

    public string ErrorText => Encoding.UTF8.GetString(Body.AsSpan(2));
}

/// <summary>
/// A gateway's end of the link, one byte as the next, blocking and bounded in time.
/// </summary>
internal sealed class LinkClient : IDisposable
{
    private readonly Socket _socket =
        new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            ReceiveTimeout = 20_000,
            SendTimeout = 20_000,
        };

    private uint _lastId;

    public LinkClient(string path) => _socket.Connect(new UnixDomainSocketEndPoint(path));

    public static byte[] Frame(LinkMessageType type, uint id, ReadOnlySpan<byte> body)
    {
        var frame = new byte[12 + body.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)(8 + body.Length));
        frame[4] = 1;
        frame[5] = (byte)type;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(8), id);
        body.CopyTo(frame.AsSpan(12));
        return frame;
    }

    public static byte[] U64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Sized(ReadOnlySpan<byte> bytes)
    {
        var sized = new byte[4 + bytes.Length];
        BinaryPrimitives.WriteUInt32BigEndian(sized, (uint)bytes.Length);
        bytes.CopyTo(sized.AsSpan(4));
        return sized;
    }

    /// <summary>Takes the sized byte strings that fill a body.</summary>
    public static List<byte[]> ReadSized(ReadOnlySpan<byte> body)
    {
        var read = new List<byte[]>();
        while (!body.IsEmpty)
        {
            int length = (int)BinaryPrimitives.ReadUInt32BigEndian(body);
            read.Add(body.Slice(4, length).ToArray());
            body = body[(4 + length)..];
        }
        return read;
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[_socket.Send(bytes)..];
    }

    public LinkAnswer Request(LinkMessageType type, params ReadOnlySpan<byte> body)
    {
        Send(Frame(type, ++_lastId, body));
        LinkAnswer answer = Receive();
        Assert.Equal(_lastId, answer.RequestId);
        Assert.True(answer.Type == LinkProtocol.ErrorType || answer.Type == ((byte)type | 0x80));
        return answer;
    }

    /// <summary>As <see cref="Request"/>, for what must succeed.</summary>
    public byte[] Ask(LinkMessageType type, params ReadOnlySpan<byte> body)
    {
        LinkAnswer answer = Request(type, body);
        Assert.True(answer.ErrorCode == 0, answer.ErrorCode == 0 ? "" : answer.ErrorText);
        return answer.Body;
    }

    public ParsedAnswer Genesis() =>
        new(Ask(LinkMessageType.Genesis, TestEnclave.Configuration(1000, 1000)));

    /// <summary>Appends requests, each in a group of its own.</summary>
    public ParsedAnswer Append(ulong startSize, params byte[][] requests) => new(Ask(
        LinkMessageType.Sequence,
        [.. U64(startSize), .. Requests.Batch(startSize, [.. requests.Select(r => new[] { r })])]));

    public LinkAnswer Receive() => TryReceive() ?? throw new EndOfStreamException();

    /// <summary>The next answer; null when the enclave has ended the connection.</summary>
    public LinkAnswer? TryReceive()
    {
        byte[]? header = ReadExactly(12);
        if (header is null) return null;
        Assert.Equal(1, header[4]);
        Assert.Equal(0, BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(6)));
        int length = (int)BinaryPrimitives.ReadUInt32BigEndian(header);
        byte[] body = ReadExactly(length - 8) ?? throw new EndOfStreamException();
        uint requestId = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8));
        return new LinkAnswer(header[5], requestId, body);
    }

    public void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _socket.Dispose();

    private byte[]? ReadExactly(int count)
    {
        var bytes = new byte[count];
        for (int at = 0; at < count;)
        {
            int received;
            try
            {
                received = _socket.Receive(bytes.AsSpan(at));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                return null;
            }
            if (received == 0) return null;
            at += received;
        }
        return bytes;
    }
}
