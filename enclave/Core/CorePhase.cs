namespace Sequencer.Enclave.Core;

/// <summary>
/// Where the core stands; the numbers are those of the link's hello (section 14).
/// </summary>
public enum CorePhase : byte
{
    /// <summary>No log yet: takes a genesis or the begin of a replay.</summary>
    Empty = 0,

    /// <summary>Takes the records of a stored log.</summary>
    Replaying = 1,

    /// <summary>Sequences.</summary>
    Open = 2,

    /// <summary>Was misused or in doubt, and will never emit a head again.</summary>
    Stopped = 3,

    /// <summary>Ended its epoch with a seal, and will never emit a head again.</summary>
    Sealed = 4,
}
