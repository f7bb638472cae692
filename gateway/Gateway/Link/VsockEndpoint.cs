using System.Net.Sockets;

namespace Sequencer.Gateway.Link;

/// <summary>
/// <c>vsock:CID:PORT</c>: an enclave beside this EC2 instance, or a port of this very machine under
/// CID 1, which tests in a guest use.
/// </summary>
internal sealed class VsockEndpoint : EnclaveEndpoint
{
    public const string Scheme = "vsock";

    private const uint HypervisorCid = 0;
    private const uint HostCid = 2;

    private readonly VsockAddress _address;

    private VsockEndpoint(VsockAddress address) => _address = address;

    public static VsockEndpoint? Parse(string text, out string fault)
    {
        string[] parts = text.Split(':');
        fault = "vsock: and a CID, then : and a port, are asked for, such as vsock:16:5005";
        if (parts.Length != 2) return null;
        fault = $"the CID {parts[0]} is not a number from 3 to {uint.MaxValue - 1}; "
            + "nitro-cli describe-enclaves shows the enclave's as EnclaveCID";
        if (!EndpointText.TryParseNumber(parts[0], out uint cid)) return null;
        if (cid is HypervisorCid or HostCid or VsockAddress.AnyCid) return null;
        fault = $"the port {parts[1]} is not a number from 1 to {uint.MaxValue - 1}";
        return EndpointText.TryParsePort(parts[1], out uint port)
            ? new VsockEndpoint(new VsockAddress(cid, port))
            : null;
    }

    public override uint? Cid => _address.Cid;

    public override async Task<ILinkStream> ConnectAsync(CancellationToken cancellationToken)
    {
        Socket socket = VsockSocket.Create();
        try
        {
            await socket.ConnectAsync(_address, cancellationToken);
            return new SocketStream(socket);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new EnclaveLostException(Explain(e.SocketErrorCode), e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override string ToString() => $"{Scheme}:{_address.Cid}:{_address.Port}";

    /// <summary>What a failed connect(2) means here. The framework's own texts speak of hosts and
    /// networks, and it has no name for ENODEV, which vsock says for a CID that nobody has.
    /// </summary>
    internal string Explain(SocketError error) => error switch
    {
        SocketError.ConnectionReset or SocketError.ConnectionRefused =>
            $"the enclave with CID {_address.Cid} runs, but nothing in it listens on port "
            + $"{_address.Port}: it may still be starting, or its port is another",
        SocketError.TimedOut =>
            $"CID {_address.Cid} does not answer: the enclave has ended, or hangs",
        SocketError.SocketError or SocketError.HostUnreachable or SocketError.NetworkUnreachable
            or SocketError.AddressNotAvailable =>
            $"there is no enclave with CID {_address.Cid}, or no vsock driver is loaded that "
            + "reaches one: nitro-cli describe-enclaves shows those that run",
        SocketError.AccessDenied =>
            $"the system does not let this process connect to {this}",
        _ => $"could not connect to {this}: {error}",
    };
}
