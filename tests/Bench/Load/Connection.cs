using System.Net;
using System.Net.Sockets;

namespace Sequencer.Bench.Load;

/// <summary>One TCP connection to a server on this machine.</summary>
internal sealed class Connection : IDisposable
{
    private readonly Socket _socket;
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    private Connection(Socket socket) => _socket = socket;

    /// <summary>Bytes of all that was received.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>Connects; addresses that are not of this machine are refused.</summary>
    public static async Task<Connection> OpenAsync(Uri server)
    {
        if (!IPAddress.TryParse(server.Host, out IPAddress? address)
            || !IPAddress.IsLoopback(address))
        {
            throw new WireException($"{server.Host} is not a loopback address.");
        }
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
        };
        await socket.ConnectAsync(new IPEndPoint(address, server.Port));
        return new Connection(socket);
    }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None)..];
    }

    /// <summary>Receives until so many answers were taken.</summary>
    public async ValueTask ReceiveAsync(IWire wire, int answers)
    {
        while (answers > 0)
        {
            bool isWhole = wire.TryTake(_buffer.AsSpan(_start, _end - _start), out int consumed);
            _start += consumed;
            if (isWhole) answers--;
            else await ReceiveMoreAsync();
        }
    }

    public void Dispose() => _socket.Dispose();

    private async ValueTask ReceiveMoreAsync()
    {
        MakeRoom();
        int count = await _socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None);
        if (count == 0) throw new WireException("The server closed the connection.");
        _end += count;
        ReceivedBytes += count;
    }

    private void MakeRoom()
    {
        if (_start == _end) _start = _end = 0;
        if (_end < _buffer.Length) return;
        if (_start == 0) Array.Resize(ref _buffer, 2 * _buffer.Length);
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
    }
}
