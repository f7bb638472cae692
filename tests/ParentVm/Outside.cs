using System.Net.Sockets;
using System.Text;
using Sequencer.Enclave.Nitro.Vsock;

namespace Sequencer.ParentVm;

/// <summary>The test, which is outside of this machine: to vsock it is the host of it.</summary>
internal static class Outside
{
    private const uint HostContext = 2;
    private const uint OrderPort = 7000;
    private const int OrderBytesMax = 64;

    /// <summary>What this machine is to do, in a word.</summary>
    public static async Task<string> ReadOrderAsync()
    {
        using Socket test = await ConnectAsync(OrderPort);
        var bytes = new byte[OrderBytesMax];
        int length = 0;
        while (await test.ReceiveAsync(bytes.AsMemory(length)) is var read and > 0) length += read;
        return Encoding.ASCII.GetString(bytes, 0, length);
    }

    /// <summary>Connects to a port of the test's.</summary>
    public static async Task<Socket> ConnectAsync(uint port)
    {
        Socket socket = VsockSocket.Create();
        await socket.ConnectAsync(new VsockEndPoint(HostContext, port));
        return socket;
    }
}
