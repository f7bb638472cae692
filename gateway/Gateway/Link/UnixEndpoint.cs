using System.Net.Sockets;

namespace Sequencer.Gateway.Link;

/// <summary><c>unix:PATH</c>: a UNIX stream socket, which a simulated enclave listens on.</summary>
internal sealed class UnixEndpoint : EnclaveEndpoint
{
    public const string Scheme = "unix";

    private readonly string _path;

    private UnixEndpoint(string path) => _path = path;

    public static UnixEndpoint? Parse(string path, out string fault)
    {
        fault = $"unix: and a path of 1 to {EndpointText.UnixPathMaxBytes} bytes are asked for";
        return EndpointText.IsUnixPath(path) ? new UnixEndpoint(path) : null;
    }

    public override async Task<ILinkStream> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return new SocketStream(await ConnectToAsync(_path, cancellationToken));
        }
        catch (SocketException e)
        {
            throw new EnclaveLostException($"no enclave listens at {this}: {e.Message}", e);
        }
    }

    /// <summary>A stream to whoever listens at a path.</summary>
    public static async Task<Socket> ConnectToAsync(
        string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override string ToString() => $"{Scheme}:{_path}";
}
