using System.CommandLine;
using Sequencer.Client;

namespace Sequencer.Cli;

/// <summary>
/// The one place where what goes wrong in a command becomes a line and an exit code.
/// </summary>
internal static class Run
{
    /// <summary>Gives a command its work, with faults translated.</summary>
    public static void SetWork(
        this Command command, Func<ParseResult, Screen, CancellationToken, Task<int>> work) =>
        command.SetAction(async (parse, cancellationToken) =>
        {
            Screen screen = Screen.OfProcess(parse.GetValue(SharedOptions.Json));
            try
            {
                return await work(parse, screen, cancellationToken);
            }
            catch (CommandFailure failure)
            {
                return Fail(screen, failure.Message, failure.ExitCode);
            }
            catch (GatewayUnreachableException failure)
            {
                string advice = failure.IsInsecure
                    ? "A certificate of your own is trusted with SSL_CERT_FILE=FILE."
                    : "Is it running? ('make run' starts one on http://127.0.0.1:5000.)";
                return Fail(
                    screen, $"{failure.Message.TrimEnd('.')}. {advice}", ExitCodes.Unusable);
            }
            catch (ProblemException problem)
            {
                // Busy or broken is no answer to what was asked.
                bool isDecided = problem.Status is < 500 and not 429;
                return Fail(
                    screen,
                    $"The gateway refused: {problem.Message}",
                    isDecided ? ExitCodes.Refused : ExitCodes.Unusable);
            }
            catch (SequencerException untrue)
            {
                return Fail(screen, untrue.Message, ExitCodes.Refused);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Fail(screen, e.Message, ExitCodes.Unusable);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return ExitCodes.Unusable;
            }
        });

    private static int Fail(Screen screen, string message, int code)
    {
        screen.Remark($"[red]sequencer:[/] {Screen.Plain(message)}");
        return code;
    }
}
