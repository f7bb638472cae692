using System.Text.RegularExpressions;
using Sequencer.Iac.Credentials;

namespace Sequencer.Iac.Settings;

/// <summary>The region that calls go to.</summary>
internal static partial class RegionSetting
{
    /// <summary>What was said, or what AWS's own tools would take.</summary>
    /// <exception cref="CommandFailure">Nothing was said, or it has not the form of a region.
    /// </exception>
    public static string Require(SettingValues settings)
    {
        string region = settings.Find(AwsSettings.Region)
            ?? settings.Variable("AWS_REGION")
            ?? settings.Variable("AWS_DEFAULT_REGION")
            ?? ProfileFiles.Read(settings).Region
            ?? throw new CommandFailure(
                FailureCodes.NoRegion,
                "Which region? Say --region, or AWS_REGION, or region under [iac.aws] in "
                + (settings.File ?? $"{SettingValues.DefaultFile}, which 'make config' makes") + ".",
                ExitCodes.Unusable);
        // It becomes part of the name of a host.
        return Form().IsMatch(region)
            ? region
            : throw new CommandFailure(
                FailureCodes.NoSuchRegion,
                $"'{region}' is not a region of AWS; one is called like eu-central-1.",
                ExitCodes.Unusable);
    }

    [GeneratedRegex("^[a-z]{2}(-[a-z]{2,12}){1,3}-[0-9]{1,2}\\z")]
    private static partial Regex Form();
}
