using System.CommandLine;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Stack;

/// <summary>What <c>iac up</c> and <c>iac plan</c> do alike: all but to make anything in AWS.
/// </summary>
internal static class StackPreparation
{
    /// <summary>For both commands.</summary>
    public static Option<bool> NewAmi { get; } = new("--new-ami")
    {
        Description = "Take the newest Amazon Linux, not the one of the running instance",
    };

    /// <summary>The settings of both.</summary>
    public static IReadOnlyList<Setting> Settings { get; } =
    [
        .. StackSettings.All, AwsSettings.InstanceType, AwsSettings.Ami, AwsSettings.Subnet,
        AwsSettings.KeyName, AwsSettings.KeyFile, AwsSettings.SshCidr, AwsSettings.HttpsCidr,
    ];

    /// <summary>Checks everything, and writes what Pulumi reads.</summary>
    public static async Task<PulumiStack> PrepareAsync(
        CloudCall call, bool dropPrevious, CancellationToken cancellationToken)
    {
        (ParseResult parse, Screen screen, SettingValues settings, AwsConnection aws) = call;
        return await Steps.ShowAsync(screen, "Checking…", async () =>
        {
            ReleaseFolder release = ReleaseFolder.Read(settings.Require(StackSettings.Release));
            PulumiStack stack = await PulumiStack.OpenAsync(
                settings, aws, screen, cancellationToken);
            await stack.CreateAsync(cancellationToken);
            RunningStack? running = await stack.ReadAsync(cancellationToken);
            running?.Suppose(settings, exceptAmi: parse.GetValue(NewAmi));
            StackInputs inputs = await new StackMaking(aws, settings).CheckAsync(
                release, running, dropPrevious, cancellationToken);
            inputs["releaseSha256"] = await ReleaseArchive.WriteAsync(
                release, stack.Folder.Archive, cancellationToken);
            inputs.Write(stack.Folder.SettingsFile);
            return stack;
        });
    }
}
