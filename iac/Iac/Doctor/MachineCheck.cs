using Sequencer.Attestation.Verification;
using Sequencer.Cli.Doctor;
using Sequencer.Iac.Credentials;
using Sequencer.Iac.Keys;
using Sequencer.Iac.Policies;
using Sequencer.Iac.Settings;
using Sequencer.Iac.Stack;

namespace Sequencer.Iac.Doctor;

/// <summary>What <c>iac up</c> needs on this machine.</summary>
internal static class MachineCheck
{
    /// <summary>Looks for the settings file, that of the access key, the <c>pulumi</c> program, and
    /// a release.</summary>
    /// <param name="findings">What was found so far.</param>
    /// <param name="settings">The settings.</param>
    public static void Run(Findings findings, SettingValues settings)
    {
        if (settings.File is { } file) findings.Good("settings", file);
        else
        {
            findings.NotChecked(
                "settings", $"no {SettingValues.DefaultFile} here ('make config' makes one)");
        }
        CheckCredentialFile(findings, settings);
        string pulumi = settings.Require(StackSettings.Pulumi);
        if (FindProgram(settings, pulumi) is { } program) findings.Good("pulumi", program);
        else
        {
            findings.Warning(
                "pulumi", $"{FailureCodes.PulumiNotFound}: no {pulumi} program in PATH",
                "'iac up' needs it: https://www.pulumi.com/docs/install/");
        }
        CheckRelease(
            findings, Path.Combine(settings.Require(StackSettings.Release), "measurements.json"));
    }

    private static void CheckCredentialFile(Findings findings, SettingValues settings)
    {
        if (settings.Find(AwsSettings.CredFile) is not { } name) return;
        string path = CredentialChain.PathOf(name);
        // One that is not there is told with the credentials.
        if (!File.Exists(path) || PrivateKeyFile.IsPrivate(path)) return;
        findings.Warning(
            "cred-file", $"others on this machine may read {path}", $"chmod 600 {path}");
    }

    private static void CheckRelease(Findings findings, string path)
    {
        if (!File.Exists(path))
        {
            findings.Warning(
                "release", $"{path} is not here", "'make release' makes one; 'iac up' needs it.");
            return;
        }
        try
        {
            TrustedImages images = ReleaseMeasurements.Read([path]);
            findings.Good("release", $"{path}: {images.Measurements[0].Measurements.Name}");
        }
        catch (CommandFailure failure)
        {
            findings.Problem("release", $"{failure.Code}: {failure.Message}", "");
        }
    }

    // As a shell does: a name with a slash is a path.
    private static string? FindProgram(SettingValues settings, string name) =>
        (name.Contains('/', StringComparison.Ordinal)
            ? [""]
            : (settings.Variable("PATH") ?? "")
                .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
