using System.Security.Authentication;

namespace Sequencer.Client.Tests;

public sealed class UnreachableTests
{
    [Fact]
    public async Task A_certificate_that_is_not_trusted_is_named_as_such()
    {
        var gateway = new ScriptedGateway(_ => throw new HttpRequestException(
            HttpRequestError.SecureConnectionError, "See the inner exception.",
            new AuthenticationException("The certificate is nobody's.")));
        GatewayUnreachableException fault = await AskAsync(gateway);
        Assert.True(fault.IsInsecure);
        Assert.EndsWith("The certificate is nobody's.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_answer_says_nothing_about_trust()
    {
        var gateway = new ScriptedGateway(_ => throw new HttpRequestException("Refused."));
        GatewayUnreachableException fault = await AskAsync(gateway);
        Assert.False(fault.IsInsecure);
        Assert.EndsWith("Refused.", fault.Message, StringComparison.Ordinal);
    }

    private static Task<GatewayUnreachableException> AskAsync(ScriptedGateway gateway)
    {
        var client = SequencerClient.WithoutVerification(gateway.Http(), new ImpatientTime());
        return Assert.ThrowsAsync<GatewayUnreachableException>(() => client.GetLogAsync());
    }
}
