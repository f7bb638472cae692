namespace Sequencer.Gateway.Live;

/// <summary>Whether one more is let in.</summary>
internal enum Entrance
{
    /// <summary>He is.</summary>
    Open,

    /// <summary>There are as many as may be.</summary>
    Full,

    /// <summary>His tenant has as many as it may.</summary>
    TenantFull,
}
