using System.CommandLine;

namespace Sequencer.Iac;

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
                return Fail(screen, failure);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Fail(screen, new CommandFailure(
                    FailureCodes.FileError, e.Message, ExitCodes.Unusable));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return Fail(screen, new CommandFailure(
                    FailureCodes.Cancelled, "Broken off; nothing was left behind.",
                    ExitCodes.Unusable));
            }
        });

    private static int Fail(Screen screen, CommandFailure failure)
    {
        screen.Remark($"[red]iac:[/] {failure.Code}: {Screen.Plain(failure.Message)}");
        if (screen.IsJson)
        {
            screen.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("code", failure.Code);
                json.WriteString("message", failure.Message);
                json.WriteEndObject();
            });
        }
        return failure.ExitCode;
    }
}
