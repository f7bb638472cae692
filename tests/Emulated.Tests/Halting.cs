using System.Runtime.InteropServices;
using Sequencer.Enclave.Emulator;

namespace Sequencer.Emulated.Tests;

/// <summary>Lets a virtual machine stand still: it neither computes nor answers.</summary>
internal static partial class Halting
{
    // Signals of Linux on x86-64 and arm64.
    private const int ContinueSignal = 18, StopSignal = 19;

    /// <summary>From now on it stands still, until it continues or ends.</summary>
    public static void Halt(EmulatedEnclave machine) => Send(machine, StopSignal);

    /// <summary>It goes on where it stood.</summary>
    public static void Continue(EmulatedEnclave machine) => Send(machine, ContinueSignal);

    private static void Send(EmulatedEnclave machine, int signal) =>
        Assert.Equal(0, Kill(machine.MachineProcessId, signal));

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
