using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Sequencer.Gateway.Link;

namespace Sequencer.Gateway.Identity;

/// <summary>Where the enclave's way to KMS begins: <c>vsock:PORT</c> on an EC2 instance,
/// <c>unix:PATH</c> for a monitor that brings an enclave's connections there.</summary>
public sealed class PipeAddress
{
    /// <summary>What is asked for.</summary>
    public const string Forms = "vsock:PORT or unix:PATH";

    private const string Vsock = "vsock:";
    private const string Unix = "unix:";
    private const int Backlog = 8;

    private readonly uint _port;
    private readonly string _path;

    private PipeAddress(uint port, string path)
    {
        _port = port;
        _path = path;
    }

    /// <summary>True where anybody on the instance can connect, in so far as nobody is refused.
    /// </summary>
    public bool IsVsock => _path.Length == 0;

    /// <summary>Reads one of the two forms.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out PipeAddress? address)
    {
        address = null;
        if (text.StartsWith(Vsock, StringComparison.Ordinal)
            && EndpointText.TryParsePort(text[Vsock.Length..], out uint port))
        {
            address = new PipeAddress(port, "");
        }
        else if (text.StartsWith(Unix, StringComparison.Ordinal)
            && EndpointText.IsUnixPath(text[Unix.Length..]))
        {
            address = new PipeAddress(0, text[Unix.Length..]);
        }
        return address is not null;
    }

    /// <summary>Listens there; the file that a gateway that is gone left is replaced.</summary>
    /// <exception cref="IOException">It cannot be had.</exception>
    public Socket Listen()
    {
        Socket? socket = null;
        try
        {
            if (!IsVsock) RemoveStale();
            socket = IsVsock
                ? VsockSocket.Create()
                : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            EndPoint place = IsVsock
                ? new VsockAddress(VsockAddress.AnyCid, _port)
                : new UnixDomainSocketEndPoint(_path);
            socket.Bind(place);
            if (!IsVsock && !OperatingSystem.IsWindows())
            {
                // Before anybody can connect: until listen(2) nobody is let in.
                File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
            socket.Listen(Backlog);
            return socket;
        }
        catch (Exception e) when (e is SocketException or EnclaveLostException)
        {
            socket?.Dispose();
            throw new IOException($"cannot listen at {this}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => IsVsock ? $"{Vsock}{_port}" : Unix + _path;

    // Whether anybody answers is the only sign that tells a live socket from a dead one's file.
    private void RemoveStale()
    {
        var file = new FileInfo(_path);
        if (!file.Exists) return;
        // A socket has none. To connect to a file of another kind is refused as to a dead socket.
        if (file.Length > 0) throw new IOException($"another file is at {this}");
        using var probe =
            new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(_path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(_path);
            return;
        }
        throw new IOException($"another process listens at {this}");
    }
}
