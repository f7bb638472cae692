using System.Net;
using System.Net.Sockets;

namespace Sequencer.Enclave.Nitro.Boot;

/// <summary>
/// Tells the parent instance that the enclave is up: one byte, which it sends back. AWS's tools
/// report a failed start without it.
/// </summary>
/// <remarks>
/// It carries nothing and decides nothing: a parent that does not answer is no reason to end.
/// </remarks>
internal static class Heartbeat
{
    /// <summary>Where AWS's tools listen for it.</summary>
    public const uint Port = 9000;

    /// <summary>The byte.</summary>
    public const byte Beat = 0xb7;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Sends the byte over a new socket, which it takes over; true if it came back in time.
    /// </summary>
    public static async Task<bool> SendAsync(Socket socket, EndPoint parent, TimeProvider time)
    {
        using Socket owned = socket;
        using var impatient = new CancellationTokenSource(Patience, time);
        try
        {
            byte[] beat = [Beat];
            await owned.ConnectAsync(parent, impatient.Token);
            await owned.SendAsync(beat, impatient.Token);
            beat[0] = 0;
            return await owned.ReceiveAsync(beat, impatient.Token) == 1 && beat[0] == Beat;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}
