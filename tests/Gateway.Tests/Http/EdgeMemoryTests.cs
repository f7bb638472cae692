using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Sequencer.Gateway.Http;

namespace Sequencer.Gateway.Tests.Http;

public sealed class EdgeMemoryTests : IAsyncLifetime
{
    private const int QueueMaxBytes = 100_000;
    private const int ConnectionsMax = 4;

    private TestGateway _gateway = null!;
    private TestEnclave _enclave = null!;

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync(settings => settings with
        {
            QueueMaxBytes = QueueMaxBytes,
            AnswersMaxBytes = 1024 * 1024,
            ConnectionsMax = ConnectionsMax,
        });
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _enclave.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_that_is_still_arriving_takes_room_until_its_caller_is_gone(
        bool isChunked)
    {
        using (Socket half = await ConnectAsync())
        {
            await SendAsync(half, "POST /v1/entries HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n");
            await SendAsync(half, new string('x', 50_000));
            await _gateway.WaitForBodiesAsync(50_000);
            using HttpResponseMessage refused = await PostAsync(50_001, isChunked);
            await AppendTests.AssertProblemAsync(refused, "overloaded", 429);
            Assert.True(refused.Headers.Contains("Retry-After"));
            using HttpResponseMessage small = await PostAsync(1000, isChunked);
            Assert.Equal(HttpStatusCode.Created, small.StatusCode);
        }
        await _gateway.WaitForBodiesAsync(0);
        using HttpResponseMessage later = await PostAsync(50_001, isChunked);
        Assert.Equal(HttpStatusCode.Created, later.StatusCode);
        await _gateway.WaitForBodiesAsync(0);
    }

    [Fact]
    public async Task A_length_that_is_only_announced_takes_no_room()
    {
        var sockets = new List<Socket>();
        for (int i = 0; i < ConnectionsMax - 1; i++)
        {
            sockets.Add(await ConnectAsync());
            await SendAsync(sockets[i], "POST /v1/entries HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n");
            await SendAsync(sockets[i], "Expect: 100-continue\r\n\r\n");
            // Its answer shows that the gateway is reading the body.
            Assert.StartsWith("HTTP/1.1 100", await ReceiveAsync(sockets[i]), StringComparison.Ordinal);
        }
        using HttpResponseMessage response = await PostAsync(60_000, isChunked: false);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        foreach (Socket socket in sockets) socket.Dispose();
    }

    [Fact]
    public async Task Large_answers_that_nobody_takes_hold_up_large_reads_alone()
    {
        const int payloads = 160;
        string line = $"{{\"payload\":\"{new string('x', 60_000)}\"}}";
        for (int i = 0; i < payloads; i++)
        {
            using HttpResponseMessage appended =
                await _gateway.PostAsync("/v1/entries", line, "application/json");
            Assert.Equal(HttpStatusCode.Created, appended.StatusCode);
        }
        AnswerBudget answers = _gateway.Services.GetRequiredService<AnswerBudget>();
        string path = $"/v1/entries?payload=true&limit={payloads}";
        using (Socket lazy = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 })
        {
            await lazy.ConnectAsync(_gateway.EndPoint);
            await SendAsync(lazy, $"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
            await WaitForAnswersAsync(answers, isTaken: true);
            using HttpResponseMessage refused = await _gateway.Http.GetAsync(path);
            await AppendTests.AssertProblemAsync(refused, "overloaded", 429);
            using HttpResponseMessage small = await _gateway.Http.GetAsync("/v1/entries?limit=10");
            Assert.Equal(HttpStatusCode.OK, small.StatusCode);
            using HttpResponseMessage written = await PostAsync(60_000, isChunked: false);
            Assert.Equal(HttpStatusCode.Created, written.StatusCode);
        }
        await WaitForAnswersAsync(answers, isTaken: false);
        using HttpResponseMessage later = await _gateway.Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }

    private static async Task WaitForAnswersAsync(AnswerBudget answers, bool isTaken)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (answers.Taken > 0 != isTaken) await Task.Delay(5, patience.Token);
    }

    [Fact]
    public async Task A_connection_above_the_most_is_closed()
    {
        // One is the client's, which asked for readiness and keeps its connection.
        var sockets = new List<Socket>();
        for (int i = 0; i < ConnectionsMax - 1; i++)
        {
            sockets.Add(await ConnectAsync());
            await SendAsync(sockets[i], "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200", await ReceiveAsync(sockets[i]), StringComparison.Ordinal);
        }
        using Socket above = await ConnectAsync();
        Assert.Equal("", await ReceiveAsync(above));
        foreach (Socket socket in sockets) socket.Dispose();
    }

    private async Task<HttpResponseMessage> PostAsync(int bytes, bool isChunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/entries?receipt=none");
        request.Content = new ByteArrayContent(new byte[bytes]);
        request.Headers.TransferEncodingChunked = isChunked;
        return await _gateway.Http.SendAsync(request);
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_gateway.EndPoint);
        return socket;
    }

    private static async Task SendAsync(Socket socket, string text) =>
        await socket.SendAsync(Encoding.ASCII.GetBytes(text));

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[4096];
        return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer));
    }
}
