using System.Text.Json;
using Sequencer.Gateway.Tests.Http;

namespace Sequencer.Gateway.Tests.Documented;

/// <summary>Holds the answers that docs/HTTP.md shows against those of a gateway.</summary>
public sealed class AnswerTests
{
    private const string Lines = "application/x-ndjson";
    private const string Nonce = "00112233445566778899aabbccddeeff";

    // By the beginning of the sample.
    private static readonly Dictionary<string, Func<TestGateway, Task<JsonElement>>> Asked = new()
    {
        ["""{"number":1,"epoch":0"""] = gateway =>
            PostAsync(gateway, "/v1/entries?stream=invoices", "x"),
        ["""{"number":1,"acknowledged":"""] = gateway =>
            PostAsync(gateway, "/v1/entries?ack=sequenced", "x"),
        ["""{"stream":"orders","version":4,"entries":"""] = gateway => PostAsync(
            gateway,
            "/v1/streams/orders/entries",
            "{\"payload\":\"x\"}\n{\"payload\":\"y\"}\n",
            Lines),
        ["""{"entries":[{"status":"""] = BatchAsync,
        ["""{"streams":"""] = gateway => gateway.GetJsonAsync("/v1/streams?limit=1"),
        ["""{"stream":"orders","version":4,"first":"""] = gateway =>
            gateway.GetJsonAsync("/v1/streams/orders"),
        ["""{"entries":[…]"""] = gateway => gateway.GetJsonAsync("/v1/entries?limit=1"),
        ["""{"number":n,"size":n,"leaf_hash":"""] = gateway =>
            gateway.GetJsonAsync("/v1/proofs/inclusion?number=1"),
        ["""{"from":"""] = gateway => gateway.GetJsonAsync("/v1/proofs/consistency?from=1"),
        ["""{"origin":"""] = gateway => gateway.GetJsonAsync("/v1/log"),
        ["""{"document":"""] = gateway => gateway.GetJsonAsync($"/v1/attestation?nonce={Nonce}"),
        ["""{"number":9,"epoch":0"""] = async gateway =>
        {
            using HttpResponseMessage answer =
                await gateway.Http.DeleteAsync("/v1/entries/1/payload");
            return await TestGateway.ReadJsonAsync(answer);
        },
        ["""{"size":n,"checkpoint":"""] = gateway => EventAsync(gateway, "checkpoint"),
        ["""{"reason":"""] = gateway => EventAsync(gateway, "end", g => g.StopServingAsync()),
        ["""{"attestation":"""] = gateway =>
            PostAsync(gateway, "/sequence", """{"data":"hello"}""", "application/json"),
        ["""{"status":"healthy"""] = gateway => gateway.GetJsonAsync("/heartbeat"),
    };

    public static TheoryData<string> Samples() =>
    [
        .. AnswerSamples.All.Where(sample =>
            // A request; and what ProblemTests and SequenceErrorTests hold to the byte.
            sample != """{"data": text}"""
            && !sample.StartsWith("{\"error\"", StringComparison.Ordinal)),
    ];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task An_answer_has_the_members_that_the_page_shows(string sample)
    {
        await using TestGateway gateway = await TestGateway.StartAsync();
        await using var enclave = new TestEnclave(gateway.SocketPath);
        await gateway.WaitForReadinessAsync();
        foreach (string stream in (string[])["orders", "prices"])
        {
            (await gateway.PostAsync($"/v1/entries?stream={stream}", "x")).Dispose();
        }
        string asked = Assert.Single(
            Asked.Keys, beginning => sample.StartsWith(beginning, StringComparison.Ordinal));
        AnswerSamples.AssertShows(sample, await Asked[asked](gateway));
    }

    [Fact]
    public void No_answer_is_asked_for_that_the_page_does_not_show() => Assert.All(
        Asked.Keys,
        beginning => Assert.Contains(
            AnswerSamples.All, sample => sample.StartsWith(beginning, StringComparison.Ordinal)));

    private static async Task<JsonElement> PostAsync(
        TestGateway gateway, string path, string body, string contentType = "text/plain")
    {
        using HttpResponseMessage answer = await gateway.PostAsync(path, body, contentType);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
        return await TestGateway.ReadJsonAsync(answer);
    }

    // The page's batch: one is appended, one was there, one is refused.
    private static async Task<JsonElement> BatchAsync(TestGateway gateway)
    {
        (await gateway.PostAsync("/v1/entries", "b", headers: ("Idempotency-Key", "b"))).Dispose();
        return await PostAsync(
            gateway, "/v1/entries:batch",
            """
            {"payload":"a"}
            {"payload":"b","content_type":"text/plain","idempotency_key":"b"}
            {"payload":"c","stream":"orders","expected_version":7}
            """,
            Lines);
    }

    private static async Task<JsonElement> EventAsync(
        TestGateway gateway, string name, Func<TestGateway, Task>? provoke = null)
    {
        using EventLines events = await EventLines.OpenAsync(gateway.Http, "/v1/entries?from=end");
        if (provoke is not null) await provoke(gateway);
        SentEvent? sent;
        do sent = await events.NextAsync();
        while (sent is not null && sent.Name != name);
        Assert.NotNull(sent);
        return sent.Json;
    }
}
