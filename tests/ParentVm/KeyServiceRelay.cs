using System.Net;
using System.Net.Sockets;

namespace Sequencer.ParentVm;

/// <summary>
/// What this machine takes for KMS (/etc/hosts): bytes to and from a stand-in that the test runs.
/// </summary>
internal static class KeyServiceRelay
{
    private const int HttpsPort = 443;
    private const uint TestPort = 7443;

    public static void Start()
    {
        var listener = new TcpListener(IPAddress.Loopback, HttpsPort);
        listener.Start();
        _ = ServeAsync(listener);
    }

    private static async Task ServeAsync(TcpListener listener)
    {
        while (true) _ = CarryAsync(await listener.AcceptSocketAsync());
    }

    private static async Task CarryAsync(Socket gateway)
    {
        try
        {
            using var near = new NetworkStream(gateway, ownsSocket: true);
            using var far = new NetworkStream(
                await Outside.ConnectAsync(TestPort), ownsSocket: true);
            // Whichever end closes, both are over.
            await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            Console.WriteLine($"parent: the way to the key service: {e.Message}");
        }
    }
}
