using System.Net;
using System.Net.Sockets;

namespace Sequencer.Gateway.Tests.Http;

public sealed class BrokenConnectionTests : IAsyncLifetime
{
    private TestGateway _gateway = null!;
    private TestEnclave _enclave = null!;

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync();
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _enclave.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_caller_that_goes_within_a_body_leaves_no_entry_and_no_alarm(bool isReset)
    {
        var log = new LogLines();
        _gateway.LogTo(log);
        for (int i = 0; i < 8; i++) await SendHalfAsync(isReset);
        using HttpResponseMessage whole = await _gateway.PostAsync("/v1/entries", "whole");
        Assert.Equal(1, (await TestGateway.ReadJsonAsync(whole)).GetProperty("number").GetInt64());
        // Ending waits for all connections, so what there was to say has been said.
        await _gateway.StopServingAsync();
        Assert.DoesNotContain(
            log.Lines, line => line.Contains("/v1/entries", StringComparison.Ordinal));
    }

    private async Task SendHalfAsync(bool isReset)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _gateway.Http.BaseAddress!.Port);
        await socket.SendAsync(
            "POST /v1/entries HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30\r\n"u8.ToArray());
        await socket.SendAsync("Expect: 100-continue\r\n\r\n"u8.ToArray());
        // Its answer shows that the gateway is reading the body.
        await socket.ReceiveAsync(new byte[64]);
        await socket.SendAsync("half"u8.ToArray());
        if (isReset) socket.LingerState = new LingerOption(true, 0);
    }
}
