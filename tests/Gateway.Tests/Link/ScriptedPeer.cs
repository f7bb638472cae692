using System.Buffers.Binary;
using System.Net.Sockets;

namespace Sequencer.Gateway.Tests.Link;

/// <summary>A peer that answers each frame of the first connection with whatever a test makes up.
/// </summary>
internal sealed class ScriptedPeer : IAsyncDisposable
{
    private readonly Socket _listener =
        new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    private readonly CancellationTokenSource _end = new();
    private readonly Task _running;
    private volatile byte[] _last = [];

    /// <summary>
    /// Listens. The script gets a frame's type and id, and gives the bytes to send; null closes.
    /// </summary>
    public ScriptedPeer(string path, Func<byte, uint, byte[]?> script)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(8);
        _running = Task.Run(() => RunAsync(script));
    }

    /// <summary>The last frame that came, whole.</summary>
    public byte[] Last => _last;

    /// <summary>A frame as section 14 has it.</summary>
    public static byte[] Frame(byte type, uint id, params byte[] body)
    {
        var frame = new byte[12 + body.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)(8 + body.Length));
        frame[4] = 1;
        frame[5] = type;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(8), id);
        body.CopyTo(frame, 12);
        return frame;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _running;
        _end.Dispose();
    }

    private async Task RunAsync(Func<byte, uint, byte[]?> script)
    {
        try
        {
            while (true)
            {
                using Socket socket = await _listener.AcceptAsync(_end.Token);
                await ServeAsync(socket, script);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    private async Task ServeAsync(Socket socket, Func<byte, uint, byte[]?> script)
    {
        var header = new byte[12];
        using var stream = new NetworkStream(socket);
        try
        {
            while (true)
            {
                await stream.ReadExactlyAsync(header, _end.Token);
                var body = new byte[BinaryPrimitives.ReadUInt32BigEndian(header) - 8];
                await stream.ReadExactlyAsync(body, _end.Token);
                _last = [.. header, .. body];
                byte[]? answer = script(
                    header[5], BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(8)));
                if (answer is null) return;
                await stream.WriteAsync(answer, _end.Token);
            }
        }
        catch (IOException)
        {
        }
    }
}
