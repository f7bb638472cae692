using System.CommandLine;
using Spectre.Console;

namespace Sequencer.Iac;

/// <summary>Asks a person before something is done that cannot be undone.</summary>
internal static class Confirmation
{
    /// <summary>Goes on where the answer is yes, or <c>--yes</c> gave it before.</summary>
    /// <exception cref="CommandFailure">It is no, or there is nobody to ask.</exception>
    public static async Task RequireAsync(
        ParseResult parse, Screen screen, string question, CancellationToken cancellationToken)
    {
        if (parse.GetValue(SharedOptions.Yes)) return;
        if (Console.IsInputRedirected || !screen.Error.Profile.Capabilities.Interactive)
        {
            throw new CommandFailure(
                FailureCodes.NotConfirmed,
                $"{question} There is nobody to ask here: say --yes.", ExitCodes.Unusable);
        }
        var prompt = new ConfirmationPrompt(Screen.Plain(question)) { DefaultValue = false };
        if (await prompt.ShowAsync(screen.Error, cancellationToken)) return;
        throw new CommandFailure(
            FailureCodes.NotConfirmed, "Nothing was done.", ExitCodes.Unusable);
    }
}
