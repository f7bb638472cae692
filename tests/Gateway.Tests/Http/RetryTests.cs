using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Verification;
using Sequencer.Gateway.Settings;

namespace Sequencer.Gateway.Tests.Http;

/// <summary>What docs/HTTP.md, "Retries", says of a request that is sent again.</summary>
public sealed class RetryTests : IAsyncLifetime
{
    private const string Lines = "application/x-ndjson";
    private const uint Window = 5;

    private TestGateway _gateway = null!;
    private TestEnclave _enclave = null!;

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync(WithSmallWindow);
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _enclave.DisposeAsync();
    }

    [Fact]
    public async Task The_log_publishes_its_window_and_limits()
    {
        TrustPolicy policy = await _gateway.PolicyAsync();
        JsonElement log = await _gateway.GetJsonAsync("/v1/log");
        Assert.Equal(
            $$"""
            {"origin":"test.example/log","log_id":"{{policy.LogId.ToHex()}}","epoch":0,"size":1,
            "cells_max":4,"idempotency_window":5,"entry_max_bytes":65536,"batch_max_bytes":1048576}
            """.ReplaceLineEndings(""),
            log.GetRawText());
        await AppendAsync("a", "k");
        Assert.Equal(2, (await _gateway.GetJsonAsync("/v1/log")).GetProperty("size").GetInt32());
    }

    [Fact]
    public async Task A_replay_is_the_original_answer_under_a_newer_head()
    {
        Answer first = await AppendAsync("a", "k", stream: "s");
        await AppendAsync("b", null, stream: "s");
        Answer again = await AppendAsync("a", "k", stream: "s");
        Assert.False(first.IsReplayed);
        Assert.True(again.IsReplayed);
        Assert.Equal(HttpStatusCode.Created, again.Status);
        Assert.Equal((first.Location, first.Tag), (again.Location, again.Tag));
        // All members but the receipt, and of the receipt all but what comes of the head.
        Assert.Equal(first.Without("receipt"), again.Without("receipt"));
        foreach (string part in (string[])["record", "request", "metadata"])
        {
            Assert.Equal(first.Receipt.GetProperty(part).GetString(), again.Receipt.GetProperty(part).GetString());
        }
        Assert.NotEqual(
            first.Receipt.GetProperty("checkpoint").GetString(),
            again.Receipt.GetProperty("checkpoint").GetString());
        VerificationReport<VerifiedEntry> report = new LogVerifier(await _gateway.PolicyAsync())
            .VerifyReceipt([.. System.Text.Encoding.UTF8.GetBytes(again.Receipt.GetRawText()), (byte)'\n']);
        Assert.True(report.IsGood, string.Join("; ", report.Faults));
    }

    [Fact]
    public async Task A_key_is_looked_up_before_the_guards()
    {
        Answer first = await AppendAsync("a", "k", stream: "s", guard: ("If-None-Match", "*"));
        await AppendAsync("b", null, stream: "s");
        Answer again = await AppendAsync("a", "k", stream: "s", guard: ("If-None-Match", "*"));
        Assert.Equal((first.Number, true), (again.Number, again.IsReplayed));
        // With another guard it is another request, although the guard would hold.
        await AssertConflictAsync(1, "a", "k", stream: "s", guard: ("If-Match", "\"2\""));
    }

    [Theory]
    [InlineData("payload", "b", null, null)]
    [InlineData("stream", "a", "s", null)]
    [InlineData("type", "a", null, "t")]
    public async Task Another_request_under_the_key_is_a_conflict(
        string what, string payload, string? stream, string? type)
    {
        Assert.NotEmpty(what);
        await AppendAsync("a", "k");
        await AssertConflictAsync(1, payload, "k", stream: stream, type: type);
        Assert.Equal(2UL, (await _gateway.AuditAsync()).Records);
    }

    [Fact]
    public async Task A_refusal_is_not_remembered_and_its_key_is_free()
    {
        using HttpResponseMessage refused = await PostAsync(
            "a", "k", stream: "s", guard: ("If-Match", "*"));
        Assert.Equal(HttpStatusCode.PreconditionFailed, refused.StatusCode);
        await AppendAsync("b", null, stream: "s");
        Answer taken = await AppendAsync("a", "k", stream: "s", guard: ("If-Match", "*"));
        Assert.Equal((2UL, false), (taken.Number, taken.IsReplayed));
    }

    [Fact]
    public async Task A_key_is_remembered_for_exactly_the_window()
    {
        Answer first = await AppendAsync("a", "k");
        while (await SizeAsync() < first.Number + Window) await AppendAsync("x", null);
        // The next number is n = m + window: the last at which m's key is remembered.
        Assert.True((await AppendAsync("a", "k")).IsReplayed);
        await AssertConflictAsync(first.Number, "b", "k");
        await AppendAsync("x", null);
        Answer late = await AppendAsync("a", "k");
        Assert.Equal((first.Number + Window + 1, false), (late.Number, late.IsReplayed));
    }

    [Fact]
    public async Task A_replay_does_not_prolong_the_window()
    {
        Answer first = await AppendAsync("a", "k");
        for (ulong i = 0; i < Window; i++)
        {
            Assert.True((await AppendAsync("a", "k")).IsReplayed);
            await AppendAsync("x", null);
        }
        Assert.Equal(first.Number + Window + 1, (await AppendAsync("a", "k")).Number);
    }

    [Fact]
    public async Task Statements_count_in_the_window_and_keys_outlive_both_restarts()
    {
        Answer first = await AppendAsync("a", "k");
        await _gateway.StopAsync();
        await _gateway.StartAgainAsync(WithSmallWindow);
        await _gateway.WaitForReadinessAsync();
        Assert.Equal((first.Number, true), Of(await AppendAsync("a", "k")));
        await RestartEnclaveAsync();
        Assert.Equal((first.Number, true), Of(await AppendAsync("a", "k")));
        // Four more statements, and no entry: the next number is first + 6.
        for (int i = 0; i < 4; i++) await RestartEnclaveAsync();
        Assert.Equal((first.Number + Window + 1, false), Of(await AppendAsync("a", "k")));

        static (ulong, bool) Of(Answer answer) => (answer.Number, answer.IsReplayed);
    }

    [Theory]
    [InlineData("sequenced", "sequenced", 202)]
    [InlineData("sequenced", "durable", 201)]
    [InlineData("durable", "sequenced", 202)]
    public async Task A_retry_may_wait_for_something_else_than_the_original(
        string level, string again, int status)
    {
        using HttpResponseMessage first = await PostAsync("a", "k", query: $"?ack={level}");
        using HttpResponseMessage second = await PostAsync("a", "k", query: $"?ack={again}");
        Assert.Equal(status, (int)second.StatusCode);
        Assert.Equal("true", second.Headers.GetValues("Idempotent-Replayed").Single());
        JsonElement answer = await TestGateway.ReadJsonAsync(second);
        Assert.Equal(1, answer.GetProperty("number").GetInt32());
    }

    [Fact]
    public async Task An_atomic_batch_is_replayed_as_it_was_or_not_at_all()
    {
        const string batch = """
            {"payload":"a","stream":"s","expected_version":"none"}
            {"payload":"b","stream":"s","expected_version":1}
            """;
        string first = await BatchAsync(batch, atomic: true);
        Assert.Equal("appended 1, appended 2", first);
        Assert.Equal("replayed 1, replayed 2, all", await BatchAsync(batch, atomic: true));
        foreach (string other in (string[])[batch.Split('\n')[0], batch + "\n{\"payload\":\"c\"}"])
        {
            using HttpResponseMessage response = await PostBatchAsync(other, atomic: true);
            JsonElement problem = await AppendTests.AssertProblemAsync(
                response, "idempotency-conflict", 422);
            Assert.Equal(1, problem.GetProperty("number").GetInt32());
        }
        // With its first member out of the window and its second still in it, it is neither.
        await AppendAsync("3", null);
        for (int n = 4; n <= 6; n++) await AppendAsync("x", null);
        using (HttpResponseMessage half = await PostBatchAsync(batch, atomic: true))
        {
            JsonElement problem = await AppendTests.AssertProblemAsync(
                half, "idempotency-conflict", 422);
            Assert.Equal(2, problem.GetProperty("number").GetInt32());
        }
        Assert.Equal(7UL, await SizeAsync());
    }

    [Fact]
    public async Task The_entries_of_a_batch_that_is_not_atomic_are_retried_each_for_itself()
    {
        const string batch = """
            {"payload":"a"}
            {"payload":"b","stream":"s","expected_version":1}
            {"payload":"c"}
            """;
        Assert.Equal("appended 1, version-mismatch, appended 2", await BatchAsync(batch));
        await AppendAsync("s", null, stream: "s");
        Assert.Equal("replayed 1, appended 4, replayed 2", await BatchAsync(batch));
        Assert.Equal("replayed 1, replayed 4, replayed 2, all", await BatchAsync(batch));
        // The place in the request is part of the key: in another order they are other requests.
        Assert.Equal(
            "idempotency-conflict, idempotency-conflict",
            await BatchAsync("{\"payload\":\"c\"}\n{\"payload\":\"a\"}"));
    }

    [Fact]
    public async Task A_line_with_its_own_key_may_be_retried_alone()
    {
        Assert.Equal(
            "appended 1, appended 2",
            await BatchAsync(
                "{\"payload\":\"a\",\"idempotency_key\":\"k1\"}\n{\"payload\":\"b\",\"idempotency_key\":\"k2\"}",
                key: null));
        using HttpResponseMessage again = await _gateway.PostAsync(
            "/v1/entries", "{\"payload\":\"b\"}", "application/json", ("Idempotency-Key", "k2"));
        JsonElement answer = await TestGateway.ReadJsonAsync(again);
        Assert.Equal(2, answer.GetProperty("number").GetInt32());
        Assert.True(again.Headers.Contains("Idempotent-Replayed"));
    }

    internal static GatewaySettings WithSmallWindow(GatewaySettings settings)
    {
        Assert.True(LogConfiguration.TryCreate(
            "test.example/log", 4, Window, out LogConfiguration? configuration));
        return settings with { Log = configuration };
    }

    private async Task RestartEnclaveAsync()
    {
        ulong size = await SizeAsync();
        await _enclave.DisposeAsync();
        await _gateway.WaitForReadinessAsync(HttpStatusCode.ServiceUnavailable);
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
        Assert.Equal(size + 1, await SizeAsync());
    }

    private async Task<ulong> SizeAsync() =>
        (await _gateway.GetJsonAsync("/v1/log")).GetProperty("size").GetUInt64();

    private async Task<Answer> AppendAsync(
        string payload, string? key, string? stream = null, (string, string)? guard = null)
    {
        using HttpResponseMessage response = await PostAsync(payload, key, stream, null, guard);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return new Answer(
            response.StatusCode,
            response.Headers.Contains("Idempotent-Replayed"),
            response.Headers.Location!.ToString(),
            response.Headers.ETag?.ToString(),
            await TestGateway.ReadJsonAsync(response));
    }

    private async Task AssertConflictAsync(
        ulong number,
        string payload,
        string key,
        string? stream = null,
        string? type = null,
        (string, string)? guard = null)
    {
        using HttpResponseMessage response = await PostAsync(payload, key, stream, type, guard);
        JsonElement problem = await AppendTests.AssertProblemAsync(
            response, "idempotency-conflict", 422);
        Assert.Equal(number, problem.GetProperty("number").GetUInt64());
        Assert.False(response.Headers.Contains("Idempotent-Replayed"));
    }

    private Task<HttpResponseMessage> PostAsync(
        string payload,
        string? key,
        string? stream = null,
        string? type = null,
        (string, string)? guard = null,
        string query = "")
    {
        var entry = new JsonObject { ["payload"] = payload };
        if (stream is not null) entry["stream"] = stream;
        if (type is not null) entry["type"] = type;
        List<(string, string)> headers = [];
        if (key is not null) headers.Add(("Idempotency-Key", key));
        if (guard is { } one) headers.Add(one);
        return _gateway.PostAsync(
            "/v1/entries" + query, entry.ToJsonString(), "application/json", [.. headers]);
    }

    private Task<HttpResponseMessage> PostBatchAsync(
        string lines, bool atomic = false, string? key = "k") =>
        _gateway.PostAsync(
            $"/v1/entries:batch?atomic={(atomic ? "true" : "false")}", lines, Lines,
            key is null ? [] : [("Idempotency-Key", key)]);

    // What became of each line, and whether the answer says that all were replayed.
    private async Task<string> BatchAsync(string lines, bool atomic = false, string? key = "k")
    {
        using HttpResponseMessage response = await PostBatchAsync(lines, atomic, key);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        JsonElement answer = await TestGateway.ReadJsonAsync(response);
        IEnumerable<string> said = answer.GetProperty("entries").EnumerateArray().Select(e =>
            e.TryGetProperty("problem", out JsonElement problem)
                ? problem.GetProperty("type").GetString()!.Split(':')[^1]
                : $"{e.GetProperty("status")} {e.GetProperty("number")}");
        if (response.Headers.Contains("Idempotent-Replayed")) said = said.Append("all");
        return string.Join(", ", said);
    }

    private sealed record Answer(
        HttpStatusCode Status, bool IsReplayed, string Location, string? Tag, JsonElement Body)
    {
        public ulong Number => Body.GetProperty("number").GetUInt64();

        public JsonElement Receipt => Body.GetProperty("receipt");

        public string Without(string member)
        {
            JsonObject all = JsonNode.Parse(Body.GetRawText())!.AsObject();
            Assert.True(all.Remove(member));
            return all.ToJsonString();
        }
    }
}
