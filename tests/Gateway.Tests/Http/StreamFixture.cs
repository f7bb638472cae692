using System.Net;
using System.Text.Json;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Tests.Http;

/// <summary>A gateway with room for many streams, and what tests of them ask it.</summary>
public abstract class StreamFixture : IAsyncLifetime
{
    protected const string Lines = "application/x-ndjson";

    private TestEnclave _enclave = null!;

    private protected TestGateway Gateway { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Assert.True(LogConfiguration.TryCreate(
            "test.example/log", 5000, 5000, out LogConfiguration? configuration));
        Gateway = await TestGateway.StartAsync(settings => settings with { Log = configuration });
        _enclave = new TestEnclave(Gateway.SocketPath);
        await Gateway.WaitForReadinessAsync();
    }

    public async Task DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await _enclave.DisposeAsync();
    }

    private protected async Task<JsonElement> AppendAsync(
        string path, string body, string contentType = "text/plain", params (string, string)[] headers)
    {
        using HttpResponseMessage response =
            await Gateway.PostAsync(path, body, contentType, headers);
        JsonElement answer = await TestGateway.ReadJsonAsync(response);
        Assert.True(response.IsSuccessStatusCode, answer.GetRawText());
        return answer;
    }

    private protected async Task<JsonElement> RefusedAsync(
        string name,
        int status,
        string path,
        string body,
        string contentType = "text/plain",
        params (string, string)[] headers)
    {
        using HttpResponseMessage response =
            await Gateway.PostAsync(path, body, contentType, headers);
        return await ProblemOfAsync(response, name, status);
    }

    private protected async Task<JsonElement> RefusedAsync(string name, int status, string path)
    {
        using HttpResponseMessage response = await Gateway.Http.GetAsync(path);
        return await ProblemOfAsync(response, name, status);
    }

    /// <summary>The numbers of all pages, walked by their links.</summary>
    private protected async Task<List<long>> WalkAsync(string? path)
    {
        var numbers = new List<long>();
        while (path is not null)
        {
            using HttpResponseMessage response = await Gateway.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            JsonElement page = await TestGateway.ReadJsonAsync(response);
            numbers.AddRange(Numbers(page));
            path = response.Headers.TryGetValues("Link", out IEnumerable<string>? links)
                ? links.Single().Split('<', '>')[1]
                : null;
            Assert.Equal(path is not null, page.TryGetProperty("next", out _));
        }
        return numbers;
    }

    private protected static IEnumerable<long> Numbers(JsonElement page) =>
        page.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("number").GetInt64());

    private static async Task<JsonElement> ProblemOfAsync(
        HttpResponseMessage response, string name, int status)
    {
        JsonElement problem = await TestGateway.ReadJsonAsync(response);
        Assert.Equal(
            ($"urn:sequencer:problem:{name}", status),
            (problem.GetProperty("type").GetString(), (int)response.StatusCode));
        return problem;
    }
}
