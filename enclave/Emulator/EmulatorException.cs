namespace Sequencer.Enclave.Emulator;

/// <summary>An enclave cannot be started, or ended unasked; one line for people.</summary>
internal sealed class EmulatorException : Exception
{
    public EmulatorException(string message)
        : base(message)
    {
    }

    public EmulatorException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
