using System.Net.Sockets;
using System.Text;

namespace Sequencer.Gateway.Link;

/// <summary>
/// <c>hybrid:PATH:PORT</c>: a vsock port of a virtual machine behind a UNIX socket of its monitor,
/// as Firecracker, Cloud Hypervisor and vhost-device-vsock offer it. The stream begins with
/// <c>CONNECT PORT</c> and a line feed; the monitor answers <c>OK</c>, a space, a port of its own
/// and a line feed; what follows is the enclave's.
/// </summary>
internal sealed class HybridEndpoint : EnclaveEndpoint
{
    public const string Scheme = "hybrid";

    // "OK ", ten digits and a line feed are 14 bytes.
    private const int AnswerMaxBytes = 64;

    private readonly string _path;
    private readonly uint _port;

    private HybridEndpoint(string path, uint port) => (_path, _port) = (path, port);

    public static HybridEndpoint? Parse(string text, out string fault)
    {
        int colon = text.LastIndexOf(':');
        string path = colon < 0 ? text : text[..colon];
        fault = $"hybrid: and a path of 1 to {EndpointText.UnixPathMaxBytes} bytes, then : and a "
            + "port, are asked for";
        if (colon < 0 || !EndpointText.IsUnixPath(path)) return null;
        fault = $"the port {text[(colon + 1)..]} is not a number from 1 to {uint.MaxValue - 1}";
        return EndpointText.TryParsePort(text[(colon + 1)..], out uint port)
            ? new HybridEndpoint(path, port)
            : null;
    }

    public override async Task<ILinkStream> ConnectAsync(CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            socket = await UnixEndpoint.ConnectToAsync(_path, cancellationToken);
            await ShakeHandsAsync(socket, cancellationToken);
            return new SocketStream(socket);
        }
        catch (SocketException e)
        {
            string who = socket is null
                ? "no monitor of a virtual machine listens"
                : "the line broke";
            socket?.Dispose();
            throw new EnclaveLostException($"{who} at {this}: {e.Message}", e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    public override string ToString() => $"{Scheme}:{_path}:{_port}";

    // Nothing else is sent before the answer is here: monitors drop what comes earlier.
    private async Task ShakeHandsAsync(Socket socket, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> request = Encoding.ASCII.GetBytes($"CONNECT {_port}\n");
        while (!request.IsEmpty)
        {
            int sent = await socket.SendAsync(request, SocketFlags.None, cancellationToken);
            request = request[sent..];
        }
        var answer = new byte[AnswerMaxBytes];
        int length = 0;
        do
        {
            if (length == answer.Length)
            {
                throw Distrust($"more than {AnswerMaxBytes} bytes without a line feed");
            }
            // One byte at a time: what comes after the line feed belongs to the link.
            int read = await socket.ReceiveAsync(
                answer.AsMemory(length, 1), SocketFlags.None, cancellationToken);
            if (read == 0)
            {
                throw new EnclaveLostException(
                    $"the machine at {this} closed the line: nobody in it listens on port {_port}");
            }
        }
        while (answer[length++] != (byte)'\n');
        if (!answer.AsSpan(0, length).StartsWith("OK "u8)) throw Distrust("not OK");
    }

    private EnclaveLostException Distrust(string what) => new(
        $"what listens at {this} is no monitor of a virtual machine: it answered CONNECT with "
        + $"{what}");
}
