namespace Sequencer.Iac;

/// <summary>
/// What keeps a command from its work: a code for programs and a sentence for people.
/// </summary>
internal sealed class CommandFailure(
    string code, string message, int exitCode = ExitCodes.Refused)
    : Exception(message)
{
    /// <summary>One of <see cref="FailureCodes"/>.</summary>
    public string Code { get; } = code;

    /// <summary>How the command ends.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>Exit codes, the same for all commands.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Good = 0;

    /// <summary>Refused, by AWS or by a rule of this command; nothing was left behind.</summary>
    public const int Refused = 1;

    /// <summary>Nothing was done: wrong usage, settings, no credentials, no answer, Ctrl-C.</summary>
    public const int Unusable = 2;

    /// <summary>Broken off: what was made so far is there, and was named.</summary>
    public const int Unfinished = 3;
}
