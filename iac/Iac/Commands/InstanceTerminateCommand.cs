using System.CommandLine;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Ec2;
using Sequencer.Iac.Instances;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Commands;

/// <summary><c>iac instance terminate</c>.</summary>
internal static class InstanceTerminateCommand
{
    private static readonly Option<string?> Id = new("--id")
    {
        Description = "The instance by its id, where several have one name",
        HelpName = "i-…",
    };

    private static readonly Option<bool> NoWait = new("--no-wait")
    {
        Description = "Do not wait until it is gone; its security group stays then",
    };

    public static Command Create()
    {
        var command = new Command(
            "terminate",
            "End an instance for good, with its disk, and remove its security group if 'iac instance "
            + "create' made that and nothing else uses it.")
        {
            Id,
            NoWait,
            SharedOptions.Yes,
            SharedOptions.DryRun,
        };
        command.AddFlags([AwsSettings.InstanceName]);
        command.SetCloudWork(WorkAsync);
        return command;
    }

    private static async Task<int> WorkAsync(CloudCall call, CancellationToken cancellationToken)
    {
        (ParseResult parse, Screen screen, _, AwsConnection aws) = call;
        var ec2 = new Ec2Client(aws);
        Instance instance = await FindAsync(call, ec2, cancellationToken);
        if (Tags.AreOfStack(instance.Tags))
        {
            throw new CommandFailure(
                FailureCodes.OwnedByStack,
                $"Instance {instance.Name} belongs to the stack: 'iac down' takes it down.");
        }
        string what = $"instance {instance.Name} ({instance.Id}) in {aws.Region}, with its disk";
        if (parse.GetValue(SharedOptions.DryRun))
        {
            return DryRun.Tell(screen, $"end {what}");
        }
        await Confirmation.RequireAsync(
            parse, screen, $"End {what}?", cancellationToken);
        await EndAsync(call, ec2, instance, cancellationToken);
        if (screen.IsJson)
        {
            screen.WriteJson(json =>
            {
                json.WriteStartObject();
                json.WriteString("terminated", instance.Id);
                json.WriteEndObject();
            });
            return ExitCodes.Good;
        }
        screen.Say(Screen.Plain($"Ended {what}."));
        return ExitCodes.Good;
    }

    private static async Task<Instance> FindAsync(
        CloudCall call, Ec2Client ec2, CancellationToken cancellationToken)
    {
        if (call.Parse.GetValue(Id) is not { } id)
        {
            return await InstanceNames.RequireOneAsync(
                ec2, InstanceNames.Require(call.Settings), cancellationToken);
        }
        IReadOnlyList<Instance> all = await ec2.ListInstancesAsync(cancellationToken);
        return all.FirstOrDefault(instance => instance.Id == id && !instance.IsGone)
            ?? throw new CommandFailure(
                FailureCodes.NoSuchInstance, $"There is no instance {id} of a sequencer.");
    }

    private static async Task EndAsync(
        CloudCall call, Ec2Client ec2, Instance instance, CancellationToken cancellationToken)
    {
        try
        {
            await ec2.TerminateAsync(instance.Id, cancellationToken);
        }
        catch (AwsFault fault) when (!fault.IsUncertain && !FaultCodes.IsDenied(fault))
        {
            throw new CommandFailure(
                FailureCodes.InstanceTerminationFail,
                $"EC2 did not end {instance.Id}: {fault.Code}: {fault.Message}");
        }
        catch (Exception e) when (e is AwsUnreachable or OperationCanceledException
            or AwsFault { IsUncertain: true })
        {
            throw new CommandFailure(
                FailureCodes.Unfinished,
                $"Whether EC2 ends {instance.Id} is not known; 'iac instance list' tells.",
                ExitCodes.Unfinished);
        }
        if (call.Parse.GetValue(NoWait)) return;
        Instance? last;
        try
        {
            last = await Steps.ShowAsync(
                call.Screen, $"Waiting until {instance.Id} is gone…",
                () => new InstanceWait(ec2, TimeProvider.System).ForAsync(
                    instance.Id, "terminated", cancellationToken));
        }
        catch (Exception e) when (e is AwsFault or AwsUnreachable or OperationCanceledException)
        {
            throw new CommandFailure(
                FailureCodes.Unfinished,
                $"Not waited for: {instance.Id} is on its way out. Its security groups stay: "
                + $"{string.Join(", ", instance.GroupIds)}.",
                ExitCodes.Unfinished);
        }
        if (last is not null && last.State != "terminated")
        {
            throw new CommandFailure(
                FailureCodes.InstanceTerminationFail,
                $"{instance.Id} is still {last.State}; 'iac instance list' shows it.",
                ExitCodes.Unfinished);
        }
        await RemoveGroupsAsync(call.Screen, ec2, instance, cancellationToken);
    }

    private static async Task RemoveGroupsAsync(
        Screen screen, Ec2Client ec2, Instance instance, CancellationToken cancellationToken)
    {
        try
        {
            foreach (SecurityGroup group in await ec2.ListGroupsAsync(
                instance.GroupIds, cancellationToken))
            {
                if (!Tags.AreOfCommand(group.Tags)) continue;
                bool isRemoved = await ec2.DeleteGroupAsync(group.Id, cancellationToken);
                screen.Remark(Screen.Plain(isRemoved
                    ? $"Removed security group {group.Name} ({group.Id})."
                    : $"Security group {group.Name} ({group.Id}) stays: something else uses it."));
            }
        }
        catch (Exception e) when (e is AwsFault or AwsUnreachable or OperationCanceledException)
        {
            throw new CommandFailure(
                FailureCodes.Unfinished,
                $"{instance.Id} is gone. Its security groups ({string.Join(", ", instance.GroupIds)}) "
                + $"may be there still: {e.Message.TrimEnd('.')}.",
                ExitCodes.Unfinished);
        }
    }
}
