namespace Sequencer.Iac.Tests;

/// <summary>Runs of <c>iac</c>, which has an environment and an exit code of its own.</summary>
internal static class IacRun
{
    /// <summary>With nothing of the account of whoever runs the tests.</summary>
    public static CommandRun New()
    {
        var run = new CommandRun("iac.dll", IsOfAws);
        run.Environment["HOME"] = run.Folder;
        run.Environment["AWS_EC2_METADATA_DISABLED"] = "true";
        return run;
    }

    /// <summary>True for a variable that says whose account is used, and how.</summary>
    public static bool IsOfAws(string variable) =>
        variable.StartsWith("AWS_", StringComparison.Ordinal)
        || variable.StartsWith("SEQUENCER_IAC_", StringComparison.Ordinal);

    public static void IsUnfinished(this CommandResult result) =>
        Assert.True(result.ExitCode == ExitCodes.Unfinished, result.Told);

    /// <summary>One line with the code is all that the failure says.</summary>
    public static void Says(this CommandResult result, string code)
    {
        string[] lines =
        [
            .. result.Error.Split('\n')
                .Where(line => line.StartsWith("iac: ", StringComparison.Ordinal)),
        ];
        Assert.True(
            lines is [string line]
                && line.StartsWith($"iac: {code}: ", StringComparison.Ordinal),
            result.Told);
    }
}
