using System.Net.Sockets;
using System.Text;

namespace Sequencer.Enclave.Simulated;

/// <summary>A listening UNIX socket whose file this process owns, and removes in the end.</summary>
internal sealed class LinkSocket : IDisposable
{
    /// <summary>Longest path, in bytes: sun_path without its closing zero.</summary>
    private const int PathMaxBytes = 107;

    private const int Backlog = 16;

    private LinkSocket(Socket socket) => Socket = socket;

    /// <summary>The socket; its file goes with it.</summary>
    public Socket Socket { get; }

    /// <summary>
    /// Listens at a path. The file that a dead process left is replaced; a live one's is not.
    /// </summary>
    /// <exception cref="IOException">The path is too long, taken, or cannot be made.</exception>
    public static LinkSocket Listen(string path)
    {
        int length = Encoding.UTF8.GetByteCount(path);
        if (length > PathMaxBytes)
        {
            throw new IOException(
                $"socket path has {length} bytes, at most {PathMaxBytes} are possible: {path}");
        }
        if (File.Exists(path)) RemoveStale(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(Backlog);
            return new LinkSocket(socket);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"cannot listen at {path}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Socket.Dispose();

    // Whether anybody answers is the only sign that tells a live socket from a dead one's file.
    private static void RemoveStale(string path)
    {
        using var probe =
            new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException e)
        {
            throw new IOException($"{path} is there and no free socket: {e.Message}", e);
        }
        throw new IOException($"another process listens at {path}");
    }
}
