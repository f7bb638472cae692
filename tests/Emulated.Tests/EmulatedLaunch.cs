using Sequencer.EndToEnd.Tests;

namespace Sequencer.Emulated.Tests;

/// <summary>The production image in a virtual machine, as a gateway under test starts it.</summary>
internal static class EmulatedLaunch
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(180);

    /// <summary>With the machine's files in a test's folder.</summary>
    public static EnclaveLaunch In(string folder, params string[] more)
    {
        string machine = Path.Combine(folder, "vm");
        string root = Path.Combine(folder, "nsm");
        string program = EnclaveLaunch.Built("enclave/Emulator", "sequencer-emulator");
        return new EnclaveLaunch(
            $"hybrid:{machine}/enclave.vsock:5005",
            $"dotnet {program} run --eif {Built.Image} --tools {Built.Tools}"
            + $" --socket-directory {machine} --root-directory {root} --exit-when-parent-ends "
            + string.Join(' ', more),
            root,
            // Of QEMU, and not of the vsock device, which names the socket otherwise.
            $"socket,id=vsock,path={machine}/vsock.sock",
            ReadyWithin);
    }
}
