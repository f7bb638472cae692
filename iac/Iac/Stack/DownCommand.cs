using System.CommandLine;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Stack;

/// <summary><c>iac down</c>.</summary>
internal static class DownCommand
{
    private static readonly Option<bool> WithLog = new("--with-log")
    {
        Description = "Delete the log's volume and the sealing key too: for ever",
    };

    public static Command Create()
    {
        var command = new Command(
            "down",
            "Take the stack down: instance, address, releases, role, alarms. The log's volume and the "
            + "sealing key stay, and the next 'iac up' goes on with them.")
        {
            WithLog,
            SharedOptions.Yes,
            SharedOptions.DryRun,
        };
        command.AddFlags(StackSettings.Connection);
        command.SetCloudWork(WorkAsync);
        return command;
    }

    private static async Task<int> WorkAsync(CloudCall call, CancellationToken cancellationToken)
    {
        (ParseResult parse, Screen screen, SettingValues settings, AwsConnection aws) = call;
        bool isAll = parse.GetValue(WithLog);
        using PulumiStack stack = await PulumiStack.OpenAsync(
            settings, aws, screen, cancellationToken);
        await stack.RequireKnownAsync(cancellationToken);
        RunningStack? running = await stack.ReadAsync(cancellationToken);
        running?.RequireAccount(await Caller.FindAsync(aws, cancellationToken));
        string name = stack.Folder.Name;
        if (parse.GetValue(SharedOptions.DryRun))
        {
            await stack.PreviewDownAsync(cancellationToken);
            return DryRun.Tell(
                screen,
                isAll
                    ? $"take down the stack {name}, and then delete its log and its sealing key"
                    : $"take down the stack {name}, but for its log and its sealing key");
        }
        await Confirmation.RequireAsync(
            parse, screen,
            isAll
                ? $"Delete the stack {name}, its LOG and its sealing key, for ever?"
                : $"Take down the stack {name}? Its log and its sealing key stay.",
            cancellationToken);
        if (isAll)
        {
            await stack.DestroyAsync(cancellationToken);
            screen.Remark("Everything is gone. KMS deletes the key in 30 days; until then AWS's "
                + "console can take that back.");
        }
        else
        {
            await stack.DownAsync(cancellationToken);
            screen.Remark("Down. The log's volume and the sealing key are there, and cost: 'iac up' "
                + "goes on with them, 'iac down --with-log' deletes them.");
        }
        if (screen.IsJson)
        {
            screen.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("down", name);
                json.WriteBoolean("with_log", isAll);
                json.WriteEndObject();
            });
        }
        return ExitCodes.Good;
    }
}
