using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sequencer.Bench;

/// <summary>Subscribers who read and throw away, as cheaply as can be.</summary>
internal sealed class Subscribers : IDisposable
{
    // Those for whom nothing comes share one.
    private static readonly byte[] Shared = new byte[64 * 1024];

    private readonly List<Socket> _sockets = [];
    private readonly DeliveryLag? _lag;
    private long _bytes;

    private Subscribers(DeliveryLag? lag) => _lag = lag;

    /// <summary>Bytes that they got.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public static async Task<Subscribers> OpenAsync(
        IPEndPoint address, int count, Func<int, string> path, DeliveryLag? lag = null)
    {
        var subscribers = new Subscribers(lag);
        for (int i = 0; i < count; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(address);
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"GET {path(i)} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"));
            subscribers._sockets.Add(socket);
            _ = subscribers.ReadAsync(socket);
        }
        return subscribers;
    }

    public void Dispose()
    {
        foreach (Socket socket in _sockets) socket.Dispose();
    }

    private async Task ReadAsync(Socket socket)
    {
        byte[] buffer = _lag is null ? Shared : new byte[64 * 1024];
        try
        {
            int read;
            while ((read = await socket.ReceiveAsync(buffer)) > 0)
            {
                Interlocked.Add(ref _bytes, read);
                if (_lag is not null) Tell(buffer.AsSpan(0, read));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed: the phase is over.
        }
    }

    private void Tell(ReadOnlySpan<byte> received)
    {
        ReadOnlySpan<byte> id = "\nid: "u8;
        int at = received.LastIndexOf(id);
        if (at < 0) return;
        ReadOnlySpan<byte> text = received[(at + id.Length)..];
        // Cut off at the end of what was received it would be another number.
        if (Utf8Parser.TryParse(text, out ulong number, out int length) && length < text.Length)
        {
            _lag!.Delivered(number);
        }
    }
}
