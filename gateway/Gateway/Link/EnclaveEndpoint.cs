using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Sequencer.Gateway.Link;

/// <summary>Where the enclave listens: <c>unix:PATH</c>.</summary>
public sealed class EnclaveEndpoint
{
    private const string UnixPrefix = "unix:";

    // sun_path of Linux holds 108 bytes with its final zero.
    private const int UnixPathMaxBytes = 107;

    private readonly string _path;

    private EnclaveEndpoint(string path) => _path = path;

    /// <summary>Reads the text of a setting; false unless it names an endpoint.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out EnclaveEndpoint? endpoint)
    {
        endpoint = null;
        if (!text.StartsWith(UnixPrefix, StringComparison.Ordinal)) return false;
        string path = text[UnixPrefix.Length..];
        int length = System.Text.Encoding.UTF8.GetByteCount(path);
        if (length is 0 or > UnixPathMaxBytes || path.Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }
        endpoint = new EnclaveEndpoint(path);
        return true;
    }

    /// <summary>A new socket for one attempt to connect; the caller disposes of it.</summary>
    public Socket CreateSocket() => new(
        AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>What to connect the socket to.</summary>
    public EndPoint ToEndPoint() => new UnixDomainSocketEndPoint(_path);

    /// <summary>The text of the setting.</summary>
    public override string ToString() => UnixPrefix + _path;
}
