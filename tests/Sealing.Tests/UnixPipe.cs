using System.Net.Sockets;

namespace Sequencer.Sealing.Tests;

/// <summary>Opens the gateway's pipe where it is a UNIX socket.</summary>
internal static class UnixPipe
{
    public static Func<CancellationToken, ValueTask<Stream>> To(string path) =>
        async cancellation => await ConnectAsync(path, cancellation);

    public static async Task<NetworkStream> ConnectAsync(
        string path, CancellationToken cancellation = default)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
