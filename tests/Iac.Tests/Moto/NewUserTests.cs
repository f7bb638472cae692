using System.Text;
using Sequencer.Architecture.Tests;

namespace Sequencer.Iac.Tests.Moto;

/// <summary>What a new user does, from the sample of the settings on.</summary>
public sealed class NewUserTests(MotoServer server) : CloudTests(server)
{
    [MotoFact]
    public async Task The_walk_of_the_readme_from_the_sample_on()
    {
        // make config
        Directory.CreateDirectory(Path.Combine(Command.Folder, "setup"));
        string sample = File.ReadAllText(Path.Combine(Checkout.Root, "setup", "sample.toml"));
        Command.Write(
            "setup/config.toml",
            Encoding.UTF8.GetBytes(sample.Replace("# cred_file", "cred_file", StringComparison.Ordinal)));
        foreach (string name in (string[])
            ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"])
        {
            Command.Environment.Remove(name);
        }
        CommandResult early = await Command.RunAsync("key", "list");
        early.IsUnusable();
        early.Says(FailureCodes.NoCredentials);
        Assert.Contains("secrets/accessKeys.csv", early.Error, StringComparison.Ordinal);

        // The file that the console gives.
        Directory.CreateDirectory(Path.Combine(Command.Folder, "secrets"));
        Command.Write(
            "secrets/accessKeys.csv",
            "\uFEFFAccess key ID,Secret access key\r\nAKIAIOSFODNN7EXAMPLE,a/b+c\r\n"u8.ToArray());
        CommandResult fresh = await RunAsync("doctor");
        Assert.Contains("'iac key create -k sequencer'", fresh.Output, StringComparison.Ordinal);
        Assert.Contains("may start instances", fresh.Output, StringComparison.Ordinal);
        Assert.Contains(
            "chmod 600 secrets/accessKeys.csv", fresh.Output, StringComparison.Ordinal);
        File.SetUnixFileMode(
            Path.Combine(Command.Folder, "secrets", "accessKeys.csv"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite);

        await RunAsync("key", "create");
        CommandResult healthy = await RunAsync("doctor");
        Assert.DoesNotContain("cred-file", healthy.Output, StringComparison.Ordinal);
        Assert.Contains("0 problems", healthy.Output, StringComparison.Ordinal);
        await RunAsync("instance", "create", "--dry-run");
        CommandResult made = await RunAsync("instance", "create", "--ssh-cidr", "203.0.113.7/32");
        Assert.Contains("sequencer  i-", made.Output, StringComparison.Ordinal);
        Assert.Contains(
            "ssh -i secrets/sequencer.pem ec2-user@ec2-", made.Output, StringComparison.Ordinal);
        Assert.Contains("running", (await RunAsync("instance", "list")).Output, StringComparison.Ordinal);
        await RunAsync("instance", "terminate", "--yes");
        await RunAsync("key", "delete", "--yes");
        Command.Environment["AWS_REGION"] = "eu-central-1";
        Assert.Equal("[]", (await RunAsync("instance", "list", "--json")).Output.Trim());
        Assert.Equal("[]", (await RunAsync("key", "list", "--json")).Output.Trim());
    }
}
