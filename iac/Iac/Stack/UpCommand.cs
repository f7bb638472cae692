using System.CommandLine;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Stack;

/// <summary><c>iac up</c>.</summary>
internal static class UpCommand
{
    private static readonly Option<bool> DropPrevious = new("--drop-previous")
    {
        Description = "After an upgrade: only the image that runs may use the sealing key",
    };

    private static readonly Option<bool> Refresh = new("--refresh")
    {
        Description = "Look first at what is really there, as after a killed run",
    };

    public static Command Create()
    {
        var command = new Command(
            "up",
            "Make or change the stack: one instance that runs a release, the volume of its log, and "
            + "what both need. Everything is checked first, then Pulumi shows what it would do, then "
            + "you are asked.\n\n"
            + "What is not said stays as it is, but for the release. Another release is an upgrade: a "
            + "new instance starts, takes the log's volume over, and the old one goes. Until "
            + "--drop-previous both images may use the sealing key.\n\n"
            + "Example:\n  iac up --origin log.example/orders --release artifacts/release")
        {
            StackPreparation.NewAmi,
            DropPrevious,
            Refresh,
            SharedOptions.Yes,
            SharedOptions.DryRun,
        };
        command.AddFlags(StackPreparation.Settings);
        command.SetCloudWork(WorkAsync);
        return command;
    }

    private static async Task<int> WorkAsync(CloudCall call, CancellationToken cancellationToken)
    {
        (ParseResult parse, Screen screen, SettingValues settings, _) = call;
        using PulumiStack stack = await StackPreparation.PrepareAsync(
            call, parse.GetValue(DropPrevious), cancellationToken);
        bool isDry = parse.GetValue(SharedOptions.DryRun);
        if (isDry || !parse.GetValue(SharedOptions.Yes))
        {
            await stack.PreviewAsync(cancellationToken);
            if (isDry)
            {
                return DryRun.Tell(screen, $"make or change stack {stack.Folder.Name} so");
            }
            await Confirmation.RequireAsync(
                parse, screen, "Make it so? AWS will charge for it.", cancellationToken);
        }
        RunningStack running = await stack.UpAsync(parse.GetValue(Refresh), cancellationToken);
        StackReport.Show(screen, stack.Folder.Name, running);
        StackReport.ShowNext(screen, running, settings.Require(StackSettings.Release));
        if (running.PreviousImage != running.Image)
        {
            screen.Remark(
                "[yellow]Two images may use the sealing key.[/] When the new one is ready: "
                + "iac up --drop-previous");
        }
        return ExitCodes.Good;
    }
}
