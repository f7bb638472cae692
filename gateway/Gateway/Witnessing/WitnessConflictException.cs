namespace Sequencer.Gateway.Witnessing;

/// <summary>
/// A witness cosigned a history that this log does not continue: another enclave went on from here,
/// or the log was put back. Nothing is sequenced until a person resolves it.
/// </summary>
internal sealed class WitnessConflictException(string witness, string reason)
    : Exception($"Witness {witness} knows another history of this log: {reason}");
