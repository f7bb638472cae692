using System.Diagnostics;

namespace Sequencer.Enclave.Emulator.Machine;

/// <summary>
/// The vsock device of one machine, or of several that reach each other: a process whose host side
/// are UNIX sockets. No vsock of this machine is used, and none is needed.
/// </summary>
internal sealed class VsockDaemon : IAsyncDisposable
{
    /// <summary>
    /// With the default of the device, what a guest writes at once beyond it is lost.
    /// </summary>
    private const int TransmitBufferBytes = 32768;

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly ChildProcess _process;

    private VsockDaemon(ChildProcess process) => _process = process;

    /// <summary>Its exit code, once it has ended.</summary>
    public Task<int> Ended => _process.Ended;

    /// <summary>
    /// Starts it, and waits until machines can connect; <paramref name="onLine"/> gets what it
    /// says, from any thread.
    /// </summary>
    /// <exception cref="EmulatorException">It ended, or is not ready in time.</exception>
    public static async Task<VsockDaemon> StartAsync(
        EnclaveTools tools, IReadOnlyList<VsockGuest> guests, Action<string> onLine)
    {
        ChildProcess process = await ChildProcess.StartAsync(
            tools.VsockDaemon,
            guests.SelectMany(guest => (string[])["--vm", Describe(guest)]),
            line => onLine($"vsock: {line}"),
            line => onLine($"vsock: {line}"));
        var daemon = new VsockDaemon(process);
        try
        {
            foreach (VsockGuest guest in guests) await daemon.UntilWaitingAsync(guest);
            return daemon;
        }
        catch
        {
            await daemon.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the device waits for a guest's machine.</summary>
    /// <exception cref="EmulatorException">It ended, or is not ready in time.</exception>
    public async Task UntilWaitingAsync(VsockGuest guest)
    {
        var waited = Stopwatch.StartNew();
        while (!File.Exists(guest.Device))
        {
            if (Ended.IsCompleted)
            {
                throw new EmulatorException($"the vsock device ended (code {await Ended})");
            }
            if (waited.Elapsed > ReadyWithin)
            {
                throw new EmulatorException(
                    $"the vsock device does not wait for a machine at {guest.Device}");
            }
            await Task.Delay(PollInterval);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string Describe(VsockGuest guest) =>
        FormattableString.Invariant(
            $"guest-cid={guest.Cid},socket={guest.Device},uds-path={guest.Clients},")
        + FormattableString.Invariant($"tx-buffer-size={TransmitBufferBytes}");
}
