namespace Sequencer.Enclave.Emulator.VhostUser;

/// <summary>
/// The virtual machine broke a rule of vhost-user or of its ring; the device cannot go on.
/// </summary>
internal sealed class VhostUserException(string message) : Exception(message);
