namespace Sequencer.Enclave.Emulator.Machine;

/// <summary>A machine's place at a vsock device.</summary>
/// <param name="Cid">The machine's address.</param>
/// <param name="Device">
/// The UNIX socket between the virtual machine and the device. It is there while the device waits
/// for a machine.
/// </param>
/// <param name="Clients">
/// The UNIX socket at which this host's programs ask for a port of the machine.
/// </param>
internal sealed record VsockGuest(uint Cid, string Device, string Clients)
{
    /// <summary>The address of an enclave that is alone.</summary>
    public const uint EnclaveCid = 16;
}
