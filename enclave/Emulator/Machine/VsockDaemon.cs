using System.Diagnostics;

namespace Sequencer.Enclave.Emulator.Machine;

/// <summary>
/// The enclave's vsock device, a process whose host side is a UNIX socket: no vsock of this machine
/// is used, and none is needed.
/// </summary>
internal static class VsockDaemon
{
    /// <summary>The enclave's own address.</summary>
    private const int GuestCid = 16;

    /// <summary>
    /// With the default of the device, what a guest writes at once beyond it is lost.
    /// </summary>
    private const int TransmitBufferBytes = 32768;

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Starts it, and waits until a machine can connect.</summary>
    /// <exception cref="EmulatorException">It ended, or is not ready in time.</exception>
    public static async Task<ChildProcess> StartAsync(
        EnclaveTools tools, SocketDirectory directory, ConsoleLog console)
    {
        string machine = FormattableString.Invariant(
            $"guest-cid={GuestCid},socket={directory.VsockDevice},uds-path={directory.Enclave},")
            + FormattableString.Invariant($"tx-buffer-size={TransmitBufferBytes}");
        ChildProcess daemon = await ChildProcess.StartAsync(
            tools.VsockDaemon,
            ["--vm", machine],
            line => console.Add($"vsock: {line}"),
            line => console.Add($"vsock: {line}"));
        var waited = Stopwatch.StartNew();
        while (!File.Exists(directory.VsockDevice))
        {
            if (daemon.Ended.IsCompleted || waited.Elapsed > ReadyWithin)
            {
                await daemon.DisposeAsync();
                throw new EmulatorException($"the vsock device does not start:\n{console.Tail}");
            }
            await Task.Delay(PollInterval);
        }
        return daemon;
    }
}
