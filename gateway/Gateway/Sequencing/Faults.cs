namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Store and enclave tell different stories. Nothing is written until a person, or another enclave,
/// resolves it.
/// </summary>
public sealed class LogContradictionException(string message) : Exception(message);
