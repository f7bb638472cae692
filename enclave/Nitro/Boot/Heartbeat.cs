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
    /// Sends the byte once. Never fails: without an answer in time, or whatever else goes wrong,
    /// it says a line.
    /// </summary>
    /// <param name="open">Makes the socket, which is disposed here.</param>
    /// <param name="parent">Where the parent listens.</param>
    /// <param name="time">What its patience is measured by.</param>
    /// <param name="say">Takes the line.</param>
    public static async Task AnnounceAsync(
        Func<Socket> open, EndPoint parent, TimeProvider time, Action<string> say)
    {
        try
        {
            using Socket socket = open();
            using var impatient = new CancellationTokenSource(Patience, time);
            if (await IsAnsweredAsync(socket, parent, impatient.Token)) return;
            say($"the parent did not answer the heartbeat at {parent}");
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            say($"the parent did not answer the heartbeat at {parent}");
        }
        catch (Exception e)
        {
            // It touches no state of the enclave's: no failure in here puts the enclave in doubt.
            say($"there is no heartbeat: {OperatorConsole.OneLine(e)}");
        }
    }

    private static async Task<bool> IsAnsweredAsync(
        Socket socket, EndPoint parent, CancellationToken impatient)
    {
        byte[] beat = [Beat];
        await socket.ConnectAsync(parent, impatient);
        await socket.SendAsync(beat, impatient);
        beat[0] = 0;
        return await socket.ReceiveAsync(beat, impatient) == 1 && beat[0] == Beat;
    }
}
