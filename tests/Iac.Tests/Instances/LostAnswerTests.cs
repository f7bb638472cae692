using System.Net;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Credentials;
using Sequencer.Iac.Ec2;
using Sequencer.Iac.Instances;
using Sequencer.Iac.Tests.Aws;

namespace Sequencer.Iac.Tests.Instances;

/// <summary>What becomes of an instance whose making was never answered.</summary>
public sealed class LostAnswerTests : HttpMessageHandler
{
    private const string Nothing = "<r/>";

    private readonly List<string> _calls = [];
    private readonly HurriedTime _time = new();
    private string _token = "";

    // Questions for instances, and attempts to delete the group, before EC2 has caught up.
    private int _unlisted;
    private int _held;
    private string? _answerToRun;

    [Fact]
    public async Task An_instance_that_is_listed_late_is_taken_back_and_its_group_once_it_is_gone()
    {
        (_unlisted, _held) = (5, 3);
        await Assert.ThrowsAsync<AwsUnreachable>(MakeAsync);
        Assert.Equal(6, _calls.Count(call => call == "DescribeInstances"));
        Assert.Equal("TerminateInstances i-1", Assert.Single(_calls, IsOfTermination));
        Assert.Equal(4, _calls.Count(call => call == "DeleteSecurityGroup"));
        Assert.Equal("DeleteSecurityGroup", _calls[^1]);
    }

    [Fact]
    public async Task One_that_is_never_listed_is_named_with_the_way_to_find_it()
    {
        _unlisted = int.MaxValue;
        CommandFailure failure = await Assert.ThrowsAsync<CommandFailure>(MakeAsync);
        Assert.Equal(FailureCodes.Unfinished, failure.Code);
        Assert.Equal(ExitCodes.Unfinished, failure.ExitCode);
        Assert.Contains(
            "perhaps an instance log-1 (in some minutes 'iac instance list' shows it, and 'iac instance "
            + "terminate -i log-1' ends it)", failure.Message, StringComparison.Ordinal);
        // As long as it is looked for.
        Assert.InRange(_time.GetUtcNow() - DateTimeOffset.UnixEpoch, Seconds(30), Seconds(300));
        Assert.DoesNotContain(_calls, IsOfTermination);
    }

    [Fact]
    public async Task A_group_that_stays_in_use_is_named()
    {
        _held = int.MaxValue;
        CommandFailure failure = await Assert.ThrowsAsync<CommandFailure>(MakeAsync);
        Assert.Equal(FailureCodes.Unfinished, failure.Code);
        Assert.Contains(
            "What is still there: security group g (sg-1) (remove it: aws ec2 delete-security-group "
            + "--group-id sg-1).", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not XML")]
    [InlineData("<r/>")]
    [InlineData("<r><instancesSet><item/></instancesSet></r>")]
    public async Task An_answer_that_is_not_one_is_a_lost_one(string answer)
    {
        _answerToRun = answer;
        await Assert.ThrowsAsync<AwsFault>(MakeAsync);
        Assert.Equal("TerminateInstances i-1", Assert.Single(_calls, IsOfTermination));
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Dictionary<string, string> parameters =
            (await request.Content!.ReadAsStringAsync(cancellationToken)).Split('&')
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => WebUtility.UrlDecode(pair[1]));
        string action = parameters["Action"];
        _calls.Add(action + (parameters.GetValueOrDefault("InstanceId.1") is { } id ? $" {id}" : ""));
        switch (action)
        {
            case "CreateSecurityGroup":
                return Answer("<r><groupId>sg-1</groupId></r>");
            case "RunInstances":
                _token = parameters["ClientToken"];
                return Answer(_answerToRun ?? throw new HttpRequestException("the line is dead"));
            case "DescribeInstances":
                return Answer(--_unlisted >= 0 ? Nothing : Listed());
            case "DeleteSecurityGroup" when --_held >= 0:
                return ScriptedNetwork.Fault(400, "DependencyViolation");
            default:
                return Answer(Nothing);
        }
    }

    private async Task MakeAsync()
    {
        using var aws = new AwsConnection(
            new AwsCredentials("AKIDEXAMPLE", "s3cr3t", null, "a test"), "eu-west-1", null, _time, this);
        var plan = new InstancePlan(
            "log-1",
            new InstanceType("c6a.xlarge", "x86_64", true, 4, 2, 8192),
            new MachineImage("ami-1", "image", "x86_64", "/dev/xvda"),
            "k",
            new Subnet("subnet-1", "eu-west-1a", "vpc-1"),
            30);
        await new NewInstance(new Ec2Client(aws), Cli.Screen.OfProcess(isJson: false), _time).MakeAsync(
            new NewInstancePlan(plan, "g", null, [(443, "0.0.0.0/0")]), default);
    }

    private string Listed() =>
        "<r><reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>"
        + "<instanceState><name>running</name></instanceState><tagSet>"
        + $"<item><key>Request</key><value>{_token}</value></item>"
        + "</tagSet></item></instancesSet></item></reservationSet></r>";

    private static bool IsOfTermination(string call) =>
        call.StartsWith("TerminateInstances", StringComparison.Ordinal);

    private static TimeSpan Seconds(int count) => TimeSpan.FromSeconds(count);

    private static HttpResponseMessage Answer(string body) => ScriptedNetwork.Answer(200, body);
}
