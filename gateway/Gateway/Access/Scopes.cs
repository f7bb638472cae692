namespace Sequencer.Gateway.Access;

/// <summary>What a caller may do.</summary>
[Flags]
public enum Scopes
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Read the log, and the payloads of the own tenant.</summary>
    Read = 1,

    /// <summary>Append entries of the own tenant.</summary>
    Append = 2,

    /// <summary>Erase payloads of the own tenant.</summary>
    Admin = 4,
}
