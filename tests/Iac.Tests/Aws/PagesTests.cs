using Sequencer.Iac.Aws;
using Sequencer.Iac.Credentials;
using Sequencer.Iac.Ec2;
using static Sequencer.Iac.Tests.Aws.ScriptedNetwork;

namespace Sequencer.Iac.Tests.Aws;

/// <summary>Lists that EC2 gives page by page.</summary>
public sealed class PagesTests
{
    [Fact]
    public async Task All_pages_of_a_list_are_read()
    {
        using var network = new ScriptedNetwork(
            () => Answer(200, Page("i-1", "a+b/c=")), () => Answer(200, Page("i-2", "")));
        using AwsConnection aws = Connect(network);
        IReadOnlyList<Instance> all = await new Ec2Client(aws).ListInstancesAsync(default);
        Assert.Equal(["i-1", "i-2"], all.Select(instance => instance.Id));
        Assert.DoesNotContain("NextToken", network.Bodies[0], StringComparison.Ordinal);
        Assert.EndsWith("&NextToken=a%2Bb%2Fc%3D", network.Bodies[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_without_an_end_is_given_up()
    {
        using var network = new ScriptedNetwork(() => Answer(200, Page("i-1", "again")));
        using AwsConnection aws = Connect(network);
        AwsFault fault = await Assert.ThrowsAsync<AwsFault>(
            () => new Ec2Client(aws).ListInstancesAsync(default));
        Assert.Contains("pages", fault.Message, StringComparison.Ordinal);
    }

    private static AwsConnection Connect(ScriptedNetwork network) => new(
        new AwsCredentials("AKIDEXAMPLE", "s3cr3t", null, "a test"), "eu-west-1", null,
        TimeProvider.System, network);

    private static string Page(string id, string next) =>
        $"""
        <DescribeInstancesResponse><reservationSet><item><instancesSet><item>
        <instanceId>{id}</instanceId><instanceState><name>running</name></instanceState>
        </item></instancesSet></item></reservationSet><nextToken>{next}</nextToken>
        </DescribeInstancesResponse>
        """;
}
