using System.Net.Sockets;
using Sequencer.Enclave.Nitro.Vsock;

namespace Sequencer.ParentVm;

/// <summary>What nitro-cli does while an enclave starts: takes one byte, and gives it back.</summary>
internal static class HeartbeatAnswer
{
    private const uint Port = 9000;

    public static async Task GiveAsync()
    {
        using Socket listener = VsockSocket.Listen(Port);
        Console.WriteLine("parent: waits for the heartbeat");
        using Socket enclave = await listener.AcceptAsync();
        var beat = new byte[1];
        if (await enclave.ReceiveAsync(beat) != 1) throw new IOException("no heartbeat");
        await enclave.SendAsync(beat);
        Console.WriteLine($"parent: heartbeat {beat[0]:x2} from {enclave.RemoteEndPoint}");
    }
}
