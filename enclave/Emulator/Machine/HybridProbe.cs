using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Sequencer.Enclave.Emulator.Machine;

/// <summary>
/// Asks whether the enclave listens at a port: connects to the vsock device's UNIX socket, names
/// the port, and is told OK once the guest has accepted.
/// </summary>
internal static class HybridProbe
{
    private const int AnswerBytesMax = 32;

    private static readonly TimeSpan AttemptPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until the enclave answers; false when it did not in time.</summary>
    public static async Task<bool> UntilAnsweringAsync(
        string socketPath, int port, TimeSpan patience, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < patience)
        {
            if (await IsAnsweringAsync(socketPath, port, cancellationToken)) return true;
            await Task.Delay(Pause, cancellationToken);
        }
        return false;
    }

    private static async Task<bool> IsAnsweringAsync(
        string socketPath, int port, CancellationToken cancellationToken)
    {
        using var socket =
            new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        attempt.CancelAfter(AttemptPatience);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), attempt.Token);
            string request = FormattableString.Invariant($"CONNECT {port}\n");
            await socket.SendAsync(Encoding.ASCII.GetBytes(request), attempt.Token);
            var answer = new byte[AnswerBytesMax];
            int received = await socket.ReceiveAsync(answer, attempt.Token);
            return answer.AsSpan(0, received).StartsWith("OK "u8);
        }
        catch (SocketException)
        {
            // The guest does not listen yet.
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nor has it a driver yet that would refuse.
            return false;
        }
    }
}
