using System.Xml.Linq;
using Sequencer.Iac.Aws;
using Sequencer.Iac.Credentials;
using static Sequencer.Iac.Tests.Aws.ScriptedNetwork;

namespace Sequencer.Iac.Tests.Aws;

/// <summary>What is made of answers, good and bad, and of none.</summary>
public sealed class AwsConnectionTests
{
    private const string Good = "<R xmlns='urn:x'><keySet/></R>";
    private static readonly AwsCredentials Key = new("AKIDEXAMPLE", "s3cr3t", null, "a test");

    [Fact]
    public async Task A_call_goes_to_the_host_of_service_and_region_as_a_signed_form()
    {
        using var network = new ScriptedNetwork(() => Answer(200, Good));
        XElement answer = await AskAsync(network);
        Assert.Equal("R", answer.Name.LocalName);
        HttpRequestMessage request = Assert.Single(network.Requests);
        Assert.Equal("https://ec2.eu-west-1.amazonaws.com/", request.RequestUri!.ToString());
        Assert.Equal("Action=DescribeKeyPairs&Version=1&a+b=c%2Bd", network.Bodies[0]);
        Assert.StartsWith(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/",
            request.Headers.GetValues("authorization").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(503, "RequestLimitExceeded", false)]
    [InlineData(400, "Throttling", false)]
    [InlineData(500, "InternalError", true)]
    public async Task What_AWS_did_not_take_up_is_asked_again(int status, string code, bool repeatable)
    {
        using var network = new ScriptedNetwork(
            () => Fault(status, code), () => Answer(200, Good));
        await AskAsync(network, repeatable);
        Assert.Equal(2, network.Requests.Count);
    }

    [Fact]
    public async Task What_may_have_been_done_is_not_done_again()
    {
        using var network = new ScriptedNetwork(() => Fault(500, "InternalError"));
        AwsFault fault = await Assert.ThrowsAsync<AwsFault>(
            () => AskAsync(network, repeatable: false));
        Assert.True(fault.IsUncertain);
        Assert.Single(network.Requests);
    }

    [Fact]
    public async Task What_is_asked_too_often_for_long_is_given_up()
    {
        using var network = new ScriptedNetwork(() => Fault(503, "RequestLimitExceeded"));
        CommandFailure failure = await FailAsync(network);
        Assert.Equal(FailureCodes.Throttled, failure.Code);
        Assert.Equal(4, network.Requests.Count);
    }

    [Theory]
    [InlineData(403, "UnauthorizedOperation", FailureCodes.AccessDenied, 1)]
    [InlineData(401, "AuthFailure", FailureCodes.BadCredentials, 2)]
    [InlineData(403, "SignatureDoesNotMatch", FailureCodes.BadCredentials, 2)]
    [InlineData(403, "InvalidClientTokenId", FailureCodes.BadCredentials, 2)]
    [InlineData(400, "RequestExpired", FailureCodes.CredentialsExpired, 2)]
    [InlineData(403, "ExpiredToken", FailureCodes.CredentialsExpired, 2)]
    [InlineData(400, "VcpuLimitExceeded", FailureCodes.LimitExceeded, 1)]
    [InlineData(400, "SomethingElse", FailureCodes.AwsError, 1)]
    public async Task A_refusal_is_one_line_with_a_code(
        int status, string code, string expected, int exitCode)
    {
        using var network = new ScriptedNetwork(() => Fault(status, code));
        CommandFailure failure = await FailAsync(network);
        Assert.Equal(expected, failure.Code);
        Assert.Equal(exitCode, failure.ExitCode);
        Assert.DoesNotContain('\n', failure.Message);
        Assert.DoesNotContain("s3cr3t", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RequestExpired")]
    [InlineData("SignatureDoesNotMatch")]
    public async Task A_clock_that_is_off_is_named_as_the_cause(string code)
    {
        DateTimeOffset date = DateTimeOffset.UtcNow - TimeSpan.FromMinutes(30);
        using var network = new ScriptedNetwork(() => Fault(400, code, date));
        CommandFailure failure = await FailAsync(network);
        Assert.Equal(FailureCodes.ClockSkew, failure.Code);
        Assert.Contains("30 minutes", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_long_text_for_an_administrator_is_left_out()
    {
        using var network = new ScriptedNetwork(() => Answer(
            403,
            "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You may not. Encoded "
            + "authorization failure message: abcdef</Message></Error></Errors></Response>"));
        CommandFailure failure = await FailAsync(network);
        Assert.EndsWith("You may not.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_to_be_signed_is_left_out_for_the_session_token_is_in_it()
    {
        using var network = new ScriptedNetwork(() => Answer(
            403,
            "<Response><Errors><Error><Code>SignatureDoesNotMatch</Code><Message>\nCheck your key.\n\nThe "
            + "Canonical String should have been\nx-amz-security-token:hidden</Message></Error></Errors>"
            + "</Response>"));
        CommandFailure failure = await FailAsync(network);
        Assert.EndsWith("Check your key.", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not xml")]
    [InlineData("")]
    [InlineData("<R><a></R>")]
    [InlineData("<!DOCTYPE R [<!ENTITY a 'b'>]><R>&a;</R>")]
    public async Task An_answer_that_is_no_plain_XML_is_refused(string body)
    {
        using var network = new ScriptedNetwork(() => Answer(200, body));
        AwsFault fault = await Assert.ThrowsAsync<AwsFault>(() => AskAsync(network));
        Assert.Equal("the answer is not XML", fault.Message);
    }

    [Fact]
    public async Task A_service_that_speaks_JSON_refuses_in_JSON()
    {
        using var network = new ScriptedNetwork(() => Answer(
            400, """{"__type":"com.amazonaws.ssm#ParameterNotFound","message":"none"}"""));
        using AwsConnection aws = Connect(network);
        AwsFault fault = await Assert.ThrowsAsync<AwsFault>(() => aws.AskJsonAsync(
            "ssm", "AmazonSSM.GetParameter", new Dictionary<string, string> { ["Name"] = "/a" },
            "Parameter", System.Text.Json.JsonValueKind.String, default));
        Assert.Equal("ParameterNotFound", fault.Code);
        Assert.Equal("ssm:GetParameter", fault.Call);
        Assert.Equal("""{"Name":"/a"}""", network.Bodies[0]);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"Parameter":1}""")]
    [InlineData("""{"Parameter":{"Value":1}}""")]
    public async Task A_parameter_that_is_none_is_no_image(string body)
    {
        using var network = new ScriptedNetwork(() => Answer(200, body));
        using AwsConnection aws = Connect(network);
        AwsFault fault = await Assert.ThrowsAsync<AwsFault>(
            () => Ec2.MachineImages.FindNewestAsync(aws, "x86_64", default));
        Assert.Equal("ssm:GetParameter", fault.Call);
        Assert.Contains("has no Parameter.Value", fault.Message, StringComparison.Ordinal);
    }

    private static AwsConnection Connect(ScriptedNetwork network) =>
        new(Key, "eu-west-1", null, TimeProvider.System, network);

    private static async Task<XElement> AskAsync(ScriptedNetwork network, bool repeatable = true)
    {
        using AwsConnection aws = Connect(network);
        return await aws.QueryAsync(
            "ec2", new QueryParameters("1", "DescribeKeyPairs").Add("a b", "c+d"), repeatable, default);
    }

    private static async Task<CommandFailure> FailAsync(ScriptedNetwork network)
    {
        using AwsConnection aws = Connect(network);
        AwsFault fault = await Assert.ThrowsAsync<AwsFault>(() => aws.QueryAsync(
            "ec2", new QueryParameters("1", "DescribeKeyPairs"), true, default));
        return await new FaultTranslation(aws).OfAsync(fault);
    }
}
