using System.Net;
using System.Net.Sockets;
using System.Text;
using Sequencer.Bench.Peers;
using Sequencer.Bench.Report;

namespace Sequencer.Bench.Parts;

/// <summary>Subscribers who read and throw away, as cheaply as can be.</summary>
internal sealed class Subscribers : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly List<Socket> _sockets = [];
    private readonly List<double> _lagsMs = [];
    private long _bytes;

    /// <summary>Bytes that they got.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Opens subscriptions, and waits until each is there.</summary>
    /// <exception cref="PeerException">One is refused.</exception>
    public static async Task<Subscribers> OpenAsync(
        IPEndPoint address, int count, string path, CancellationToken cancellationToken)
    {
        byte[] request = Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
        var subscribers = new Subscribers();
        try
        {
            for (int i = 0; i < count; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                subscribers._sockets.Add(socket);
                await socket.ConnectAsync(address, cancellationToken);
                await socket.SendAsync(request, cancellationToken);
            }
            foreach (Socket socket in subscribers._sockets)
            {
                await subscribers.ReadHeadAsync(socket, cancellationToken);
                _ = subscribers.ReadAsync(socket);
            }
            return subscribers;
        }
        catch
        {
            subscribers.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A quantile of the lags, in milliseconds: of each piece that a subscriber received, that of
    /// the last entry in it.
    /// </summary>
    public double LagMs(double part)
    {
        lock (_lagsMs)
        {
            double[] sorted = [.. _lagsMs.Order()];
            return sorted.Length == 0
                ? throw new PeerException("Subscribers got nothing.")
                : Percentile.OfSorted<double>(sorted, part);
        }
    }

    public void Dispose()
    {
        foreach (Socket socket in _sockets) socket.Dispose();
    }

    private async Task ReadHeadAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[1024];
        int count = await socket.ReceiveAsync(buffer, cancellationToken);
        if (!buffer.AsSpan(0, count).StartsWith("HTTP/1.1 200 "u8))
        {
            throw new PeerException(
                $"A subscription is refused: {Encoding.ASCII.GetString(buffer, 0, count)}");
        }
        Interlocked.Add(ref _bytes, count);
    }

    private async Task ReadAsync(Socket socket)
    {
        // Those for whom nothing comes have none.
        byte[] buffer = [];
        try
        {
            while (true)
            {
                int count = await socket.ReceiveAsync(buffer);
                if (count == 0 && buffer.Length > 0) return;
                if (buffer.Length == 0) buffer = new byte[BufferBytes];
                Interlocked.Add(ref _bytes, count);
                if (EventLag.TryRead(buffer.AsSpan(0, count), DateTime.UtcNow, out double lagMs))
                {
                    lock (_lagsMs) _lagsMs.Add(lagMs);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed: the phase is over.
        }
    }
}
