namespace Sequencer.Client;

/// <summary>Which way entries are read.</summary>
public enum ReadDirection
{
    /// <summary>From lower to higher.</summary>
    Forwards,

    /// <summary>From higher to lower.</summary>
    Backwards,
}
