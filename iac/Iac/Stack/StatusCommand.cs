using System.CommandLine;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Stack;

/// <summary><c>iac status</c>.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command(
            "status",
            "Show what the stack is made of and how to reach it, from what Pulumi remembers; AWS is "
            + "not asked.");
        command.AddFlags(StackSettings.Connection);
        command.SetWork(WorkAsync);
        return command;
    }

    private static async Task<int> WorkAsync(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        PulumiStack stack = await PulumiStack.OpenAsync(
            SettingValues.Gather(parse), null, screen, cancellationToken);
        RunningStack running = await stack.RequireAsync(cancellationToken);
        StackReport.Show(screen, stack.Folder.Name, running);
        StackReport.ShowNext(screen, running);
        return ExitCodes.Good;
    }

    /// <summary>What the last run made.</summary>
    /// <exception cref="CommandFailure">There is nothing.</exception>
    public static async Task<RunningStack> RequireAsync(
        this PulumiStack stack, CancellationToken cancellationToken) =>
        (await stack.ExistsAsync(cancellationToken)
            ? await stack.ReadAsync(cancellationToken) : null)
        ?? throw new CommandFailure(
            FailureCodes.NoSuchStack,
            $"There is no stack {stack.Folder.Name}: 'iac up' makes it.", ExitCodes.Unusable);
}
