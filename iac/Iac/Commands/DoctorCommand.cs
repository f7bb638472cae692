using System.CommandLine;
using Sequencer.Cli.Doctor;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Doctor;
using Sequencer.Iac.Ec2;
using Sequencer.Iac.Settings;
using Sequencer.Iac.Stack;

namespace Sequencer.Iac.Commands;

/// <summary><c>iac doctor</c>: whether account and machine are ready.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command(
            "doctor",
            "Say whether account and machine are ready: access key, region, clock, instance type, "
            + "image, network, key pair, permission, quota, pulumi, release. Makes nothing.\n\n"
            + "Exit codes: 0 no problem (warnings may be), 1 a problem, 2 nothing was decided.");
        command.AddFlags(AwsSettings.Connection);
        command.AddFlags(AwsSettings.Instance);
        command.AddFlags([StackSettings.Release, StackSettings.Pulumi]);
        command.SetWork(WorkAsync);
        return command;
    }

    private static async Task<int> WorkAsync(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        SettingValues settings = SettingValues.Gather(parse);
        var findings = new Findings();
        MachineCheck.Run(findings, settings);
        await Steps.ShowAsync(
            screen, "Asking AWS…", () => LookAtAccountAsync(findings, settings, cancellationToken));
        if (screen.IsJson)
        {
            screen.WriteJson(json => FindingReport.Write(json, findings.All));
        }
        else
        {
            FindingReport.Show(screen, findings.All);
        }
        return FindingReport.Count(findings.All, FindingLevel.Problem) == 0
            ? ExitCodes.Good : ExitCodes.Refused;
    }

    private static async Task LookAtAccountAsync(
        Findings findings, SettingValues settings, CancellationToken cancellationToken)
    {
        AwsConnection aws;
        try
        {
            aws = await CloudCommand.ConnectAsync(settings, cancellationToken);
        }
        catch (CommandFailure failure)
        {
            findings.Problem("credentials", $"{failure.Code}: {failure.Message}", "");
            return;
        }
        using (aws)
        {
            var account = new AccountCheck(aws);
            if (!await account.RunAsync(findings, cancellationToken)) return;
            InstanceType? type = await new InstanceCheck(aws, settings).RunAsync(
                findings, cancellationToken);
            if (type is null) return;
            await account.CheckQuotaAsync(findings, type.VCpus, cancellationToken);
        }
    }
}
