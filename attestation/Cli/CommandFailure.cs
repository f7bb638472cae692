namespace Sequencer.Cli;

/// <summary>
/// What keeps a command from its work, in one sentence for people: a file that is not there, a
/// gateway that does not answer.
/// </summary>
internal sealed class CommandFailure(string message, int exitCode = ExitCodes.Unusable)
    : Exception(message)
{
    /// <summary>How the command ends.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>Exit codes, the same for all commands.</summary>
internal static class ExitCodes
{
    /// <summary>Done; what was verified is good.</summary>
    public const int Good = 0;

    /// <summary>Verified and refused, or refused by the gateway.</summary>
    public const int Refused = 1;

    /// <summary>Nothing was decided: wrong usage, an unreadable file, no answer.</summary>
    public const int Unusable = 2;
}
