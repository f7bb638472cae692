using System.CommandLine;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Ec2;
using Sequencer.Iac.Instances;
using Sequencer.Iac.Keys;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Commands;

/// <summary><c>iac instance create</c>.</summary>
internal static class InstanceCreateCommand
{
    private static readonly Option<bool> NoWait = new("--no-wait")
    {
        Description = "Do not wait until it runs",
    };

    public static Command Create()
    {
        var command = new Command(
            "create",
            "Make an instance that can run enclaves: IMDSv2 alone, an encrypted disk, the newest Amazon "
            + "Linux 2023, and a security group if it is not there yet. Everything is checked "
            + "before anything is made; what a failure or Ctrl-C leaves half made is taken back.\n\n"
            + "Example:\n  iac instance create -i log-1 -k my-key --ssh-cidr 203.0.113.7/32")
        {
            NoWait,
            SharedOptions.DryRun,
        };
        command.AddFlags(AwsSettings.Instance);
        command.SetCloudWork(WorkAsync);
        return command;
    }

    private static async Task<int> WorkAsync(CloudCall call, CancellationToken cancellationToken)
    {
        (ParseResult parse, Screen screen, _, AwsConnection aws) = call;
        var ec2 = new Ec2Client(aws);
        NewInstancePlan plan = await Steps.ShowAsync(
            screen, "Checking…", () => CheckAsync(call, ec2, cancellationToken));
        Tell(screen, plan, aws.Region);
        if (parse.GetValue(SharedOptions.DryRun))
        {
            await ec2.TryRunAsync(plan.Plan, cancellationToken);
            string group = plan.GroupId is null ? "a security group and " : "";
            return DryRun.Tell(screen, $"make {group}instance {plan.Plan.Name} in {aws.Region}");
        }
        Instance instance = await Steps.ShowAsync(
            screen, $"Making instance {plan.Plan.Name}…",
            () => new NewInstance(ec2, screen, TimeProvider.System).MakeAsync(plan, cancellationToken));
        if (!parse.GetValue(NoWait))
        {
            instance = await WaitAsync(screen, ec2, instance, cancellationToken);
        }
        Show(call, instance);
        return ExitCodes.Good;
    }

    private static async Task<NewInstancePlan> CheckAsync(
        CloudCall call, Ec2Client ec2, CancellationToken cancellationToken)
    {
        SettingValues settings = call.Settings;
        var checks = new InstanceChecks(call.Aws, settings);
        string name = InstanceNames.Require(settings);
        int volumeGib = checks.RequireVolumeGib();
        IReadOnlyList<(int, string)> rules = checks.RequireRules();
        await InstanceNames.RequireFreeAsync(ec2, name, cancellationToken);
        string keyName = await checks.RequireKeyAsync(cancellationToken);
        InstanceType type = await checks.RequireTypeAsync(cancellationToken);
        MachineImage image = await checks.RequireImageAsync(type, cancellationToken);
        Subnet subnet = await checks.RequireSubnetAsync(type, cancellationToken);
        string groupName = settings.Require(AwsSettings.SecurityGroup);
        SecurityGroup? group = await ec2.FindGroupAsync(groupName, subnet.VpcId, cancellationToken);
        if (group is null && Ec2Client.IsGroupId(groupName))
        {
            throw new CommandFailure(
                FailureCodes.NoSuchSecurityGroup,
                $"There is no security group {groupName} in {subnet.VpcId}.");
        }
        return new NewInstancePlan(
            new InstancePlan(name, type, image, keyName, subnet, volumeGib), groupName, group?.Id,
            rules);
    }

    private static void Tell(Screen screen, NewInstancePlan plan, string region)
    {
        InstancePlan p = plan.Plan;
        screen.Remark(Screen.Plain(
            $"Instance {p.Name} in {p.Subnet.Zone} ({region}): {p.Type.Name}, {p.Type.VCpus} processors, "
            + $"{p.Type.MemoryMib} MiB, enclaves enabled; {p.Image.Name} ({p.Image.Id}); "
            + $"{p.VolumeGib} GiB, encrypted; key pair {p.KeyName}."));
        if (plan.GroupId is not null)
        {
            screen.Remark(Screen.Plain(
                $"Security group {plan.GroupName} ({plan.GroupId}) as it is."));
            if (plan.Rules.Any(rule => rule.Port == 22))
            {
                screen.Remark(
                    "[yellow]--ssh-cidr is for a new one:[/] who can log in is what this one says.");
            }
            return;
        }
        string[] rules = [.. plan.Rules.Select(rule => $"port {rule.Port} from {rule.Cidr}")];
        screen.Remark(Screen.Plain(
            $"New security group {plan.GroupName}: "
            + $"{(rules.Length == 0 ? "lets nobody in" : string.Join(", ", rules))}."));
        if (plan.Rules.All(rule => rule.Port != 22))
        {
            screen.Remark("[yellow]Nobody can log in over SSH:[/] --ssh-cidr lets your address in.");
        }
    }

    private static async Task<Instance> WaitAsync(
        Screen screen, Ec2Client ec2, Instance instance, CancellationToken cancellationToken)
    {
        Instance? seen;
        try
        {
            seen = await Steps.ShowAsync(
                screen, $"Waiting until {instance.Id} runs…",
                () => new InstanceWait(ec2, TimeProvider.System).ForAsync(
                    instance.Id, "running", cancellationToken));
        }
        catch (Exception e) when (e is AwsFault or AwsUnreachable or OperationCanceledException)
        {
            string why = e is OperationCanceledException ? "Broken off" : e.Message.TrimEnd('.');
            throw new CommandFailure(
                FailureCodes.Unfinished,
                $"{why}. Instance {instance.Name} ({instance.Id}) is made and starting: 'iac "
                + $"instance list' shows it, 'iac instance terminate -i {instance.Name}' ends it.",
                ExitCodes.Unfinished);
        }
        if (seen is { State: "running" }) return seen;
        throw new CommandFailure(
            FailureCodes.InstanceCreateFail,
            $"{instance.Id} does not run; its state is {seen?.State ?? "unknown"}. 'iac instance "
            + $"terminate -i {instance.Name}' ends it; AWS's console says why it did not start.",
            ExitCodes.Unfinished);
    }

    private static void Show(CloudCall call, Instance instance)
    {
        if (call.Screen.IsJson)
        {
            call.Screen.WriteJson(json => InstanceListCommand.Write(json, instance));
            return;
        }
        InstanceListCommand.Show(call.Screen, instance);
        if (instance.Address is not { } address) return;
        string path = PrivateKeyFile.PathOf(call.Settings, instance.KeyName ?? "");
        // As a result, which is not folded: it is there to be copied.
        call.Screen.Say($"Log in: ssh -i {Screen.Plain(path)} ec2-user@{Screen.Plain(address)}");
    }
}
