using System.Net.Sockets;

namespace Sequencer.Gateway.Link;

/// <summary>
/// The bytes to and from an enclave, in order. One call of each kind at a time; disposal by whoever
/// owns the connection. Both throw <see cref="SocketException"/> when the line broke.
/// </summary>
public interface ILinkStream : IDisposable
{
    /// <summary>Sends; gives how many bytes were taken.</summary>
    ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Receives; gives how many bytes, 0 at the peer's end.</summary>
    ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken cancellationToken);
}

/// <summary>A connected stream socket, of any address family.</summary>
internal sealed class SocketStream(Socket socket) : ILinkStream
{
    public ValueTask<int> SendAsync(
        ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        socket.SendAsync(bytes, SocketFlags.None, cancellationToken);

    public ValueTask<int> ReceiveAsync(
        Memory<byte> destination, CancellationToken cancellationToken) =>
        socket.ReceiveAsync(destination, SocketFlags.None, cancellationToken);

    public void Dispose() => socket.Dispose();
}
