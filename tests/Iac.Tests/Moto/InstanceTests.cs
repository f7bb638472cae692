using System.Text.Json;
using System.Xml.Linq;
using Sequencer.Iac.Aws;

namespace Sequencer.Iac.Tests.Moto;

public sealed class InstanceTests(MotoServer server) : CloudTests(server)
{
    [MotoTheory]
    [InlineData("c6a.xlarge", "x86_64")]
    [InlineData("c7g.large", "arm64")]
    public async Task An_instance_is_made_with_its_group_listed_and_ended_with_it(
        string type, string architecture)
    {
        await RunAsync("key", "create", "-k", "k");
        CommandResult made = await RunAsync(
            "instance", "create", "-i", "log-1", "-k", "k", "-s", "log", "--instance-type", type,
            "--ssh-cidr", "203.0.113.7/32", "--volume-gib", "20", "--json");
        string id = made.Json.GetProperty("id").GetString()!;
        Assert.Equal("running", made.Json.GetProperty("state").GetString());
        XElement instance = (await AskEc2Async("DescribeInstances", ("InstanceId.1", id)))
            .Items("reservationSet").Single().Items("instancesSet").Single();
        Assert.Equal(architecture, instance.Text("architecture"));
        Assert.Equal("k", instance.Text("keyName"));
        Assert.Equal(type, instance.Text("instanceType"));
        Dictionary<string, string> tags = instance.Items("tagSet").ToDictionary(
            tag => tag.Require("key"), tag => tag.Require("value"));
        Assert.Equal("Sequencer", tags["Deployment"]);
        Assert.Equal("sequencer-iac", tags["ManagedBy"]);
        Assert.Equal("log-1", tags["Name"]);
        Assert.Equal("required", instance.Child("metadataOptions")?.Text("httpTokens") ?? "required");
        await AssertVolumeAsync(id);
        await AssertGroupAsync("log");

        Assert.Contains(id, (await RunAsync("instance", "list")).Output, StringComparison.Ordinal);
        CommandResult ended = await RunAsync("instance", "terminate", "-i", "log-1", "--yes", "--json");
        Assert.Equal(id, ended.Json.GetProperty("terminated").GetString());
        await NothingIsLeftAsync();
        Assert.Empty((await RunAsync("instance", "list", "--json")).Json.EnumerateArray());
        JsonElement gone = Assert.Single(
            (await RunAsync("instance", "list", "--all", "--json")).Json.EnumerateArray());
        Assert.Equal("terminated", gone.GetProperty("state").GetString());
    }

    [MotoFact]
    public async Task A_name_is_given_once()
    {
        await MakeAsync("log-1");
        CommandResult result = await Command.RunAsync("instance", "create", "-i", "log-1", "-k", "k");
        result.IsRefused();
        result.Says(FailureCodes.DuplicateInstance);
    }

    [MotoFact]
    public async Task Of_several_instances_of_one_name_none_is_ended_but_by_its_id()
    {
        string first = await MakeAsync("log-1");
        string second = await MakeAsync("log-2");
        await AskEc2Async(
            "CreateTags", ("ResourceId.1", second), ("Tag.1.Key", "Name"), ("Tag.1.Value", "log-1"));
        CommandResult result = await Command.RunAsync("instance", "terminate", "-i", "log-1", "--yes");
        result.IsRefused();
        result.Says(FailureCodes.InstanceNameCollision);
        Assert.Contains(first, result.Error, StringComparison.Ordinal);
        CommandResult ended = await RunAsync("instance", "terminate", "--id", second, "--yes");
        await RunAsync("instance", "terminate", "-i", "log-1", "--yes");
        await NothingIsLeftAsync();
        Assert.NotEmpty(ended.Output);
    }

    [MotoFact]
    public async Task What_is_not_there_or_belongs_to_the_stack_is_not_ended()
    {
        CommandResult result = await Command.RunAsync("instance", "terminate", "-i", "x", "--yes");
        result.IsRefused();
        result.Says(FailureCodes.NoSuchInstance);
        string id = await MakeAsync("log-1");
        await AskEc2Async(
            "CreateTags", ("ResourceId.1", id), ("Tag.1.Key", "ManagedBy"),
            ("Tag.1.Value", "sequencer-stack"));
        result = await Command.RunAsync("instance", "terminate", "-i", "log-1", "--yes");
        result.IsRefused();
        result.Says(FailureCodes.OwnedByStack);
    }

    [MotoFact]
    public async Task An_instance_that_is_protected_stays_and_that_is_told()
    {
        string id = await MakeAsync("log-1");
        await AskEc2Async(
            "ModifyInstanceAttribute", ("InstanceId", id), ("DisableApiTermination.Value", "true"));
        CommandResult result = await Command.RunAsync("instance", "terminate", "-i", "log-1", "--yes");
        result.IsRefused();
        result.Says(FailureCodes.InstanceTerminationFail);
    }

    [MotoFact]
    public async Task A_group_that_another_instance_uses_stays_as_it_is()
    {
        await MakeAsync("log-1");
        CommandResult second = await RunAsync(
            "instance", "create", "-i", "log-2", "-k", "k", "--ssh-cidr", "203.0.113.0/24");
        Assert.Contains("--ssh-cidr is for a new one", second.Error, StringComparison.Ordinal);
        await AssertGroupAsync("sequencer");
    }

    [MotoFact]
    public async Task A_dry_run_checks_everything_and_makes_nothing()
    {
        await RunAsync("key", "create", "-k", "k");
        CommandResult result = await RunAsync(
            "instance", "create", "-i", "log-1", "-k", "k", "--dry-run", "--json");
        Assert.True(result.Json.GetProperty("dry_run").GetBoolean());
        await NothingIsLeftAsync();
    }

    [MotoTheory]
    [InlineData(FailureCodes.NoSuchInstanceType, "--instance-type", "nope.large")]
    [InlineData(FailureCodes.NoEnclaveSupport, "--instance-type", "t3.micro")]
    [InlineData(FailureCodes.NoImage, "--ami", "ami-12345678")]
    [InlineData(FailureCodes.NoNetwork, "--subnet", "subnet-12345678")]
    [InlineData(FailureCodes.NoSuchSecurityGroup, "-s", "sg-12345678")]
    [InlineData(FailureCodes.NoSuchKey, "-k", "other")]
    [InlineData(FailureCodes.BadConfig, "--ssh-cidr", "0.0.0.0/0")]
    [InlineData(FailureCodes.BadConfig, "--ssh-cidr", "here")]
    [InlineData(FailureCodes.BadConfig, "--volume-gib", "1")]
    [InlineData(FailureCodes.BadConfig, "-i", "a b")]
    public async Task What_cannot_be_is_refused_before_anything_is_made(
        string code, params string[] arguments)
    {
        await RunAsync("key", "create", "-k", "k");
        string[] usual = arguments[0] == "-k" ? ["-i", "log-1"]
            : arguments[0] == "-i" ? ["-k", "k"] : ["-i", "log-1", "-k", "k"];
        CommandResult result = await Command.RunAsync(["instance", "create", .. usual, .. arguments]);
        Assert.NotEqual(0, result.ExitCode);
        result.Says(code);
        await NothingIsLeftAsync();
    }

    [MotoFact]
    public async Task A_key_whose_private_half_is_not_here_lets_nobody_in()
    {
        await RunAsync("key", "create", "-k", "k");
        File.Delete(Path.Combine(Command.Folder, "secrets", "k.pem"));
        CommandResult result = await Command.RunAsync("instance", "create", "-i", "log-1", "-k", "k");
        result.IsRefused();
        result.Says(FailureCodes.NoSuchKeyFile);
        await NothingIsLeftAsync();
    }

    private async Task<string> MakeAsync(string name)
    {
        if (!File.Exists(Path.Combine(Command.Folder, "secrets", "k.pem")))
        {
            await RunAsync("key", "create", "-k", "k");
        }
        CommandResult made = await RunAsync(
            "instance", "create", "-i", name, "-k", "k", "--ssh-cidr", "203.0.113.7/32", "--json");
        return made.Json.GetProperty("id").GetString()!;
    }

    private async Task AssertVolumeAsync(string instanceId)
    {
        XElement volume = (await AskEc2Async("DescribeVolumes")).Items("volumeSet").Single(
            v => v.Items("attachmentSet").Any(a => a.Text("instanceId") == instanceId));
        Assert.Equal("true", volume.Text("encrypted"));
        Assert.Equal("gp3", volume.Text("volumeType"));
        Assert.Equal("20", volume.Text("size"));
    }

    private async Task AssertGroupAsync(string name)
    {
        XElement group = (await AskEc2Async(
            "DescribeSecurityGroups", ("Filter.1.Name", "group-name"), ("Filter.1.Value.1", name)))
            .Items("securityGroupInfo").Single();
        string[] rules =
        [
            .. group.Items("ipPermissions").SelectMany(rule => rule.Items("ipRanges").Select(
                range => $"{rule.Text("fromPort")} {range.Text("cidrIp")}")).Order(),
        ];
        Assert.Equal(["22 203.0.113.7/32", "443 0.0.0.0/0"], rules);
    }
}
