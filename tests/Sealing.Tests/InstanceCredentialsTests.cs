using Sequencer.Gateway.Identity;
using Sequencer.Iac.Tests.Credentials;

namespace Sequencer.Sealing.Tests;

/// <summary>Credentials of the environment, or of the instance's role.</summary>
public sealed class InstanceCredentialsTests
{
    [Fact]
    public async Task Those_of_the_environment_come_first()
    {
        var credentials = new InstanceCredentials(
            name => name switch
            {
                "AWS_ACCESS_KEY_ID" => "AKIA2",
                "AWS_SECRET_ACCESS_KEY" => "secret",
                _ => null,
            },
            new Uri("http://127.0.0.1:1"));
        Assert.Equal(
            new AwsCredentials("AKIA2", "secret", ""),
            await credentials.FetchAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Without_them_those_of_the_instance_s_role_are_taken()
    {
        using var metadata = new StandInMetadata();
        AwsCredentials fetched = await OfInstance(metadata).FetchAsync(CancellationToken.None);
        Assert.Equal(new AwsCredentials("R", "r", "t"), fetched);
        Assert.Equal("R", $"{fetched}");
    }

    [Fact]
    public async Task Where_there_are_none_the_operator_is_told_why()
    {
        using var metadata = new StandInMetadata { Roles = (404, "") };
        var failure = await Assert.ThrowsAsync<CredentialsException>(
            () => OfInstance(metadata).FetchAsync(CancellationToken.None));
        Assert.Equal(
            "no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and the "
            + "instance has no role", failure.Message);
    }

    private static InstanceCredentials OfInstance(StandInMetadata metadata) =>
        new(_ => null, new Uri(metadata.Address));
}
