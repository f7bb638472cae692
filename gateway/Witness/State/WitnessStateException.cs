namespace Sequencer.Witness.State;

/// <summary>
/// The witness does not know what it remembers: a state file that it cannot use, or a write of
/// which it is unknown whether it took place. It must not cosign; the message is for its operator.
/// </summary>
internal sealed class WitnessStateException(string message, Exception? inner = null)
    : Exception(message, inner);
