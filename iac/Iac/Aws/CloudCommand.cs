using System.CommandLine;
using Sequencer.Iac.Credentials;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Aws;

/// <summary>Commands that call AWS.</summary>
internal static class CloudCommand
{
    /// <summary>Gives a command its work, and the flags that say who calls AWS and where.</summary>
    public static void SetCloudWork(
        this Command command, Func<CloudCall, CancellationToken, Task<int>> work)
    {
        command.AddFlags(AwsSettings.Connection);
        command.SetWork(async (parse, screen, cancellationToken) =>
        {
            SettingValues settings = SettingValues.Gather(parse);
            using AwsConnection aws = await ConnectAsync(settings, cancellationToken);
            try
            {
                return await work(new CloudCall(parse, screen, settings, aws), cancellationToken);
            }
            catch (AwsFault fault)
            {
                throw await new FaultTranslation(aws).OfAsync(fault);
            }
            catch (AwsUnreachable fault)
            {
                throw await new FaultTranslation(aws).OfAsync(fault);
            }
        });
    }

    /// <summary>A connection as the settings say; nothing is sent yet.</summary>
    public static async Task<AwsConnection> ConnectAsync(
        SettingValues settings, CancellationToken cancellationToken)
    {
        string region = RegionSetting.Require(settings);
        Uri? endpoint = Endpoint(settings);
        return new AwsConnection(
            await CredentialChain.FindAsync(settings, cancellationToken), region, endpoint,
            TimeProvider.System);
    }

    private static Uri? Endpoint(SettingValues settings)
    {
        string? text = settings.Find(AwsSettings.EndpointUrl)
            ?? settings.Variable("AWS_ENDPOINT_URL");
        if (text is null) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https"
            ? url
            : throw new CommandFailure(
                FailureCodes.BadConfig, $"'{text}' is not an http or https address.",
                ExitCodes.Unusable);
    }
}
