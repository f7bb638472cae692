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
        using PulumiStack stack = await PulumiStack.OpenAsync(
            SettingValues.Gather(parse), null, screen, cancellationToken);
        RunningStack running = await stack.RequireRunningAsync(cancellationToken);
        StackReport.Show(screen, stack.Folder.Name, running);
        StackReport.ShowNext(screen, running, "RELEASE");
        return ExitCodes.Good;
    }
}
