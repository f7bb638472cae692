using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Sequencer.Gateway.Identity;

namespace Sequencer.Sealing.Tests;

/// <summary>Credentials of the environment, or of a stand-in for the instance's metadata service.
/// </summary>
public sealed class InstanceCredentialsTests : IAsyncLifetime
{
    private readonly WebApplication _metadata;
    private string _answer =
        """{"Code":"Success","AccessKeyId":"ASIA1","SecretAccessKey":"s","Token":"t"}""";

    public InstanceCredentialsTests()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(
            kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _metadata = builder.Build();
        _metadata.Run(AnswerAsync);
    }

    public Task InitializeAsync() => _metadata.StartAsync();

    public async Task DisposeAsync()
    {
        await _metadata.StopAsync();
        await _metadata.DisposeAsync();
    }

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
    public async Task Those_of_the_instance_s_role_are_asked_for_with_a_token()
    {
        AwsCredentials fetched = await OfInstance().FetchAsync(CancellationToken.None);
        Assert.Equal(("ASIA1", "s", "t"),
            (fetched.AccessKeyId, fetched.SecretAccessKey, fetched.SessionToken));
        Assert.Equal("ASIA1", $"{fetched}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"Code":"Failed"}""")]
    [InlineData("""{"AccessKeyId":"a","SecretAccessKey":1,"Token":"t"}""")]
    public async Task An_answer_without_them_is_told(string answer)
    {
        _answer = answer;
        var failure = await Assert.ThrowsAsync<CredentialsException>(
            () => OfInstance().FetchAsync(CancellationToken.None));
        Assert.StartsWith("no AWS credentials", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_without_the_service_has_none()
    {
        var credentials = new InstanceCredentials(_ => null, new Uri("http://127.0.0.1:1"));
        await Assert.ThrowsAsync<CredentialsException>(
            () => credentials.FetchAsync(CancellationToken.None));
    }

    private InstanceCredentials OfInstance() => new(_ => null, new Uri(_metadata.Urls.First()));

    private async Task AnswerAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        bool hasToken = request.Headers["X-aws-ec2-metadata-token"] == "token";
        const string roles = "/latest/meta-data/iam/security-credentials/";
        string? answer = (request.Method, request.Path.Value) switch
        {
            ("PUT", "/latest/api/token")
                when request.Headers.ContainsKey("X-aws-ec2-metadata-token-ttl-seconds") => "token",
            ("GET", roles) when hasToken => "sequencer",
            ("GET", roles + "sequencer") when hasToken => _answer,
            _ => null,
        };
        if (answer is null) context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        else await context.Response.WriteAsync(answer);
    }
}
