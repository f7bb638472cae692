using System.CommandLine;
using System.Text;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Stack;

/// <summary><c>iac plan</c>.</summary>
internal static class PlanCommand
{
    public static Command Create()
    {
        var command = new Command(
            "plan",
            "Show what 'iac up' with the same flags would make and change, and change nothing. With "
            + "--json it is the JSON of 'pulumi preview'.")
        {
            StackPreparation.NewAmi,
        };
        command.AddFlags(StackPreparation.Settings);
        command.SetCloudWork(WorkAsync);
        return command;
    }

    private static async Task<int> WorkAsync(CloudCall call, CancellationToken cancellationToken)
    {
        using PulumiStack stack = await StackPreparation.PrepareAsync(
            call, dropPrevious: false, cancellationToken);
        if (call.Screen.IsJson)
        {
            call.Screen.WriteBytes(
                Encoding.UTF8.GetBytes(await stack.PreviewJsonAsync(cancellationToken)));
        }
        else
        {
            await stack.PreviewAsync(cancellationToken);
        }
        return ExitCodes.Good;
    }
}
