namespace Sequencer.Enclave.Emulator.Nsm;

/// <summary>How the device refuses; the names are those on the wire.</summary>
internal enum NsmError
{
    /// <summary>Not a request that the device knows, or not its form.</summary>
    InvalidOperation,

    /// <summary>No such PCR.</summary>
    InvalidIndex,

    /// <summary>The PCR is locked.</summary>
    ReadOnlyIndex,

    /// <summary>The request is too long, or asks for an answer that would be.</summary>
    InputTooLarge,
}
