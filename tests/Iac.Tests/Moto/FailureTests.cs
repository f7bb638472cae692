using System.Xml.Linq;
using Sequencer.Iac.Aws;

namespace Sequencer.Iac.Tests.Moto;

/// <summary>What goes wrong between this machine and AWS is one line with a code.</summary>
public sealed class FailureTests(MotoServer server) : CloudTests(server)
{
    private const string IamVersion = "2010-05-08";

    [MotoTheory]
    [InlineData(FailureCodes.NoSuchRegion, "--region", "eu-nowhere-1")]
    [InlineData(FailureCodes.NoSuchRegion, "--region", "Frankfurt")]
    [InlineData(FailureCodes.Unreachable, "--endpoint-url", "http://127.0.0.1:1")]
    [InlineData(FailureCodes.BadConfig, "--endpoint-url", "127.0.0.1")]
    [InlineData(FailureCodes.NoCredentials, "--access-key", "AKIA")]
    [InlineData(FailureCodes.NoCredentials, "--cred-file", "none.csv")]
    [InlineData(FailureCodes.NoCredentials, "--profile", "nobody")]
    [InlineData(FailureCodes.BadConfig, "--config-file", "none.toml")]
    public async Task A_wrong_setting_is_told(string code, params string[] arguments)
    {
        CommandResult result = await Command.RunAsync(["key", "list", .. arguments]);
        result.IsUnusable();
        result.Says(code);
        Assert.Equal("", result.Output);
    }

    [MotoTheory]
    [InlineData(FailureCodes.NoCredentials, "AWS_ACCESS_KEY_ID")]
    [InlineData(FailureCodes.NoRegion, "AWS_REGION")]
    public async Task A_missing_setting_is_told(string code, string variable)
    {
        Command.Environment.Remove(variable);
        CommandResult result = await Command.RunAsync("instance", "list", "--json");
        result.IsUnusable();
        result.Says(code);
        Assert.Equal(code, result.Json.GetProperty("code").GetString());
    }

    [MotoFact]
    public async Task A_call_that_is_not_allowed_is_told_and_leaves_nothing()
    {
        await RunAsync("key", "create", "-k", "k");
        await UseKeyOfAsync(
            """
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":
            ["ec2:Describe*","ec2:CreateSecurityGroup","ec2:DeleteSecurityGroup","ec2:CreateTags",
            "ec2:AuthorizeSecurityGroupIngress"]}]}
            """);
        CommandResult result = await Command.RunAsync(
            "instance", "create", "-i", "log-1", "-k", "k", "--ssh-cidr", "203.0.113.7/32");
        result.IsRefused();
        result.Says(FailureCodes.AccessDenied);
        Assert.Contains("ec2:RunInstances", result.Error, StringComparison.Ordinal);
        // The group was made before that, and was taken back; the image was found without SSM.
        Assert.Contains("Took back security group sequencer", result.Error, StringComparison.Ordinal);
        Assert.Contains("al2023-ami-2023", result.Error, StringComparison.Ordinal);
        result = await Command.RunAsync("key", "create", "-k", "k2");
        result.IsRefused();
        result.Says(FailureCodes.AccessDenied);
        Assert.False(File.Exists(Path.Combine(Command.Folder, "secrets", "k2.pem")));
        result = await Command.RunAsync("key", "delete", "-k", "k", "--yes");
        result.IsRefused();
        result.Says(FailureCodes.AccessDenied);
        Assert.True(File.Exists(Path.Combine(Command.Folder, "secrets", "k.pem")));
        await Server.EnforceAsync(false);
        await NothingIsLeftAsync();
    }

    [MotoFact]
    public async Task A_signature_is_good_with_the_right_secret_alone()
    {
        await UseKeyOfAsync(
            """
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*","Action":"ec2:*"}]}
            """);
        await RunAsync("key", "list");
        Command.Environment["AWS_SECRET_ACCESS_KEY"] = "s3cr3t";
        CommandResult result = await Command.RunAsync("key", "list");
        result.IsUnusable();
        result.Says(FailureCodes.BadCredentials);
        Assert.DoesNotContain("s3cr3t", result.Error, StringComparison.Ordinal);
    }

    [MotoFact]
    public async Task The_doctor_finds_what_is_missing()
    {
        CommandResult result = await Command.RunAsync("doctor", "-k", "k", "--json");
        result.IsGood();
        Dictionary<string, string> levels = result.Json.GetProperty("findings").EnumerateArray()
            .ToDictionary(
                f => f.GetProperty("check").GetString()!, f => f.GetProperty("level").GetString()!);
        // The stack needs none.
        Assert.Equal("warning", levels["key"]);
        foreach (string check in (string[])
            ["region", "credentials", "clock", "instance-type", "image", "network", "permission"])
        {
            Assert.Equal("ok", levels[check]);
        }
        await RunAsync("key", "create", "-k", "k");
        CommandResult healthy = await RunAsync("doctor", "-k", "k");
        Assert.Contains("may start instances", healthy.Output, StringComparison.Ordinal);
        File.SetUnixFileMode(
            Path.Combine(Command.Folder, "secrets", "k.pem"),
            UnixFileMode.UserRead | UnixFileMode.OtherRead);
        CommandResult open = await RunAsync("doctor", "-k", "k");
        Assert.Contains("chmod 600 secrets/k.pem", open.Output, StringComparison.Ordinal);
        await NothingIsLeftAsync();
    }

    private async Task UseKeyOfAsync(string policy)
    {
        await AskAsync("iam", IamVersion, "CreateUser", ("UserName", "u"));
        await AskAsync(
            "iam", IamVersion, "PutUserPolicy", ("UserName", "u"), ("PolicyName", "p"),
            ("PolicyDocument", policy));
        XElement key = (await AskAsync("iam", IamVersion, "CreateAccessKey", ("UserName", "u")))
            .Child("CreateAccessKeyResult")!.Child("AccessKey")!;
        Command.Environment["AWS_ACCESS_KEY_ID"] = key.Require("AccessKeyId");
        Command.Environment["AWS_SECRET_ACCESS_KEY"] = key.Require("SecretAccessKey");
        await Server.EnforceAsync(true);
    }
}
