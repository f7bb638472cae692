using System.Net.Sockets;

namespace Sequencer.Gateway.Tests.Link;

/// <summary>Listens at a path and does with each connection whatever a test makes up, byte by byte;
/// a connection ends when that is done.</summary>
internal sealed class StreamPeer : IAsyncDisposable
{
    private readonly string _path;
    private readonly Func<NetworkStream, CancellationToken, Task> _serve;
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;
    private readonly Socket _listener =
        new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public StreamPeer(string path, Func<NetworkStream, CancellationToken, Task> serve)
    {
        _path = path;
        _serve = serve;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(64);
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Reads up to a line feed and gives what came before it.</summary>
    public static async Task<string> ReadLineAsync(NetworkStream stream, CancellationToken end)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (true)
        {
            await stream.ReadExactlyAsync(one, end);
            if (one[0] == (byte)'\n') return System.Text.Encoding.ASCII.GetString([.. line]);
            line.Add(one[0]);
        }
    }

    /// <summary>The handshake of a virtual machine's monitor, then the same as without.</summary>
    public static Func<NetworkStream, CancellationToken, Task> Behind(
        uint port, Func<NetworkStream, CancellationToken, Task> serve) =>
        async (stream, end) =>
        {
            Assert.Equal($"CONNECT {port}", await ReadLineAsync(stream, end));
            await stream.WriteAsync("OK 1073741824\n"u8.ToArray(), end);
            await serve(stream, end);
        };

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _accepting;
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _end.Dispose();
        File.Delete(_path);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _connections.Add(ServeAsync(await _listener.AcceptAsync(_end.Token)));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await _serve(stream, _end.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The gateway or the test ended it.
        }
    }
}
