using System.Net;
using System.Net.Sockets;

namespace Sequencer.Iac.Tests;

/// <summary>Ports of the loopback address.</summary>
internal static class FreePort
{
    /// <summary>One that nobody listens at, at this moment.</summary>
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
