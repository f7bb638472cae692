using System.Net;
using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Verification;

namespace Sequencer.Gateway.Tests.Http;

public sealed class AppendTests : IAsyncLifetime
{
    private const string Lines = "application/x-ndjson";
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

    [Fact]
    public async Task An_entry_gets_a_number_and_a_receipt_that_verifies()
    {
        using HttpResponseMessage response = await _gateway.PostAsync("/v1/entries", "abc");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("/v1/entries/1", response.Headers.Location!.ToString());
        JsonElement answer = await TestGateway.ReadJsonAsync(response);
        Assert.Equal(1, answer.GetProperty("number").GetInt64());
        Assert.Equal(3, answer.GetProperty("payload_length").GetInt64());
        Assert.False(answer.TryGetProperty("stream", out _));
        byte[] receipt = Encoding.UTF8.GetBytes(answer.GetProperty("receipt").GetRawText() + "\n");
        var report = new LogVerifier(await _gateway.PolicyAsync()).VerifyReceipt(receipt);
        Assert.True(report.IsGood, string.Join("; ", report.Faults));
        await _gateway.AssertReceiptVerifiesAsync(1, "abc"u8.ToArray());
    }

    [Fact]
    public async Task A_json_entry_keeps_what_is_said_of_it()
    {
        using HttpResponseMessage response = await _gateway.PostAsync(
            "/v1/entries?receipt=ref",
            """{"payload":"h\u00e9","type":"t","content_type":"text/x","metadata":{"b":"2","a":"1"},"stream":"s"}""",
            "application/json; charset=utf-8");
        Assert.Equal("\"1\"", response.Headers.ETag!.ToString());
        JsonElement answer = await TestGateway.ReadJsonAsync(response);
        Assert.Equal("/v1/entries/1/receipt", answer.GetProperty("receipt").GetString());
        JsonElement entry = await _gateway.GetJsonAsync("/v1/entries/1");
        Assert.Equal("t", entry.GetProperty("type").GetString());
        Assert.Equal("2", entry.GetProperty("metadata").GetProperty("b").GetString());
        Assert.Equal("s", entry.GetProperty("stream").GetString());
        Assert.Equal(1, entry.GetProperty("version").GetInt64());
        using HttpResponseMessage payload = await _gateway.Http.GetAsync("/v1/entries/1/payload");
        Assert.Equal("text/x", payload.Content.Headers.ContentType!.ToString());
        Assert.Equal("attachment", payload.Content.Headers.ContentDisposition!.ToString());
        Assert.Equal("nosniff", payload.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("hé"u8.ToArray(), await payload.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("/v1/entries?stream=a&stream=b", "text/plain", "x", "stream")]
    [InlineData("/v1/entries?type=a&type=b", "text/plain", "x", "type")]
    [InlineData("/v1/entries?stream=a", "application/json", """{"payload":"x"}""", "stream")]
    [InlineData("/v1/entries?type=a", "application/json", """{"payload":"x"}""", "type")]
    [InlineData("/v1/entries:batch?stream=a", Lines, """{"payload":"x"}""", "stream")]
    public async Task A_stream_or_type_is_said_once_and_where_it_counts(
        string path, string contentType, string body, string field)
    {
        using HttpResponseMessage response = await _gateway.PostAsync(path, body, contentType);
        JsonElement problem = await AssertProblemAsync(response, "invalid-request", 400);
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("/v1/entries?strem=a", "text/plain", "x", "strem")]
    [InlineData("/v1/entries?Stream=a", "text/plain", "x", "Stream")]
    [InlineData("/v1/entries:batch?receipt=none", Lines, """{"payload":"x"}""", "receipt")]
    public async Task A_parameter_that_a_path_does_not_know_is_refused(
        string path, string contentType, string body, string field)
    {
        using HttpResponseMessage response = await _gateway.PostAsync(path, body, contentType);
        JsonElement problem = await AssertProblemAsync(response, "unknown-field", 400);
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    [Fact]
    public async Task Conditional_headers_hold_a_stream_at_its_version()
    {
        Assert.Equal(HttpStatusCode.PreconditionFailed, await StreamAsync("If-Match", "*"));
        Assert.Equal(HttpStatusCode.Created, await StreamAsync("If-None-Match", "*"));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await StreamAsync("If-None-Match", "*"));
        Assert.Equal(HttpStatusCode.Created, await StreamAsync("If-Match", "\"1\""));
        Assert.Equal(HttpStatusCode.Created, await StreamAsync("If-Match", "*"));
        using HttpResponseMessage response = await _gateway.PostAsync(
            "/v1/entries?stream=s", "x", headers: ("If-Match", "\"1\""));
        JsonElement problem = await AssertProblemAsync(response, "version-mismatch", 412);
        Assert.Equal("s", problem.GetProperty("stream").GetString());
        Assert.Equal(1, problem.GetProperty("expected").GetInt64());
        Assert.Equal(3, problem.GetProperty("actual").GetInt64());
    }

    [Fact]
    public async Task The_same_key_gives_the_same_number_and_another_request_a_conflict()
    {
        using HttpResponseMessage first = await PostWithKeyAsync("abc");
        using HttpResponseMessage again = await PostWithKeyAsync("abc");
        using HttpResponseMessage other = await PostWithKeyAsync("abd");
        Assert.False(first.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal("true", again.Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        JsonElement a = await TestGateway.ReadJsonAsync(first);
        JsonElement b = await TestGateway.ReadJsonAsync(again);
        Assert.Equal(a.GetProperty("number").GetInt64(), b.GetProperty("number").GetInt64());
        Assert.Equal(a.GetProperty("time").GetString(), b.GetProperty("time").GetString());
        JsonElement problem = await AssertProblemAsync(other, "idempotency-conflict", 422);
        Assert.Equal(1, problem.GetProperty("number").GetInt64());
    }

    [Fact]
    public async Task A_batch_answers_each_line_for_itself()
    {
        using HttpResponseMessage response = await _gateway.PostAsync(
            "/v1/entries:batch",
            """
            {"payload":"a","idempotency_key":"k"}
            {"payload_base64":"YQ==","idempotency_key":"k"}
            {"payload":"b","idempotency_key":"k"}
            {"payload":"c","stream":"s","expected_version":"none"}
            {"payload":"c","stream":"s","expected_version":7}

            """,
            Lines);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        JsonElement answer = await TestGateway.ReadJsonAsync(response);
        JsonElement[] entries = [.. answer.GetProperty("entries").EnumerateArray()];
        Assert.Equal(
            ["appended", "replayed", "refused", "appended", "refused"],
            entries.Select(e => e.GetProperty("status").GetString()));
        Assert.Equal(1, entries[1].GetProperty("number").GetInt64());
        Assert.Equal(2, entries[2].GetProperty("problem").GetProperty("index").GetInt32());
        Assert.Equal(7, entries[4].GetProperty("problem").GetProperty("expected").GetInt32());
        Assert.Equal(3, answer.GetProperty("size").GetInt64());
        Assert.Equal(
            await _gateway.Http.GetStringAsync("/v1/checkpoint"), answer.GetProperty("checkpoint").GetString());
    }

    [Fact]
    public async Task An_atomic_batch_is_all_or_none()
    {
        const string bad = """
            {"payload":"a","stream":"s"}
            {"payload":"b","stream":"s","expected_version":5}
            """;
        using HttpResponseMessage refused =
            await _gateway.PostAsync("/v1/entries:batch?atomic=true", bad, Lines);
        JsonElement problem = await AssertProblemAsync(refused, "version-mismatch", 412);
        Assert.Equal(1, problem.GetProperty("index").GetInt32());
        using HttpResponseMessage good = await _gateway.PostAsync(
            "/v1/entries:batch?atomic=true", bad.Replace("5", "1", StringComparison.Ordinal), Lines);
        Assert.Equal(HttpStatusCode.OK, good.StatusCode);
        JsonElement second = await _gateway.GetJsonAsync("/v1/entries/2");
        Assert.Equal(1, second.GetProperty("group").GetProperty("first").GetInt64());
        Assert.Equal(2, second.GetProperty("group").GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task A_binary_batch_with_a_key_is_replayed_as_a_whole()
    {
        using HttpResponseMessage first = await FramesAsync();
        using HttpResponseMessage again = await FramesAsync();
        Assert.False(first.Headers.Contains("Idempotent-Replayed"));
        Assert.True(again.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal("xyz", await _gateway.Http.GetStringAsync("/v1/entries/2/payload"));

        Task<HttpResponseMessage> FramesAsync() => _gateway.PostAsync(
            "/v1/entries:batch", "\0\0\0\x01x\0\0\0\x03xyz\0\0\0\0", "application/vnd.sequencer.batch",
            ("Idempotency-Key", "k"));
    }

    [Fact]
    public async Task Two_hundred_callers_at_once_get_distinct_numbers_without_a_gap()
    {
        HttpResponseMessage[] responses = await Task.WhenAll(Enumerable.Range(0, 200)
            .Select(i => _gateway.PostAsync("/v1/entries?receipt=none", $"entry {i}")));
        var numbers = new List<long>();
        foreach (HttpResponseMessage response in responses)
        {
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
            numbers.Add(
                (await TestGateway.ReadJsonAsync(response)).GetProperty("number").GetInt64());
            response.Dispose();
        }
        Assert.Equal(Enumerable.Range(1, 200).Select(n => (long)n), numbers.Order());
        Assert.Equal(201UL, (await _gateway.AuditAsync()).Records);
    }

    [Theory]
    [InlineData("/v1/entries?stram=orders", "text/plain", "a", "stram")]
    [InlineData("/v1/entries:batch?atomik=true", Lines, "{\"payload\":\"a\"}", "atomik")]
    public async Task A_mistyped_parameter_appends_nothing(
        string path, string mediaType, string body, string field)
    {
        using var content = new StringContent(body, Encoding.UTF8, mediaType);
        using HttpResponseMessage response =
            await _gateway.Http.PostAsync(new Uri(path, UriKind.Relative), content);
        JsonElement problem = await TestGateway.ReadJsonAsync(response);
        Assert.Equal("urn:sequencer:problem:unknown-field", problem.GetProperty("type").GetString());
        Assert.Equal(field, problem.GetProperty("field").GetString());
        Assert.Equal(1UL, (await _gateway.AuditAsync()).Records);
    }

    [Theory]
    [InlineData("", "invalid-json", 400)]
    [InlineData("[]", "invalid-json", 400)]
    [InlineData("{\"payload\":\"a\"} x", "invalid-json", 400)]
    [InlineData("{\"payload\":\"a\",\"payload\":\"b\"}", "invalid-json", 400)]
    [InlineData("{\"payload\":\"\\ud800\"}", "invalid-json", 400)]
    [InlineData("{\"payload\":\"a\",\"x\":1}", "unknown-field", 400)]
    [InlineData("{\"payload\":\"a\",\"idempotency_key\":\"k\"}", "unknown-field", 400)]
    [InlineData("{}", "invalid-request", 400)]
    [InlineData("{\"payload\":1}", "invalid-request", 400)]
    [InlineData("{\"payload\":\"a\",\"payload_base64\":\"YQ==\"}", "invalid-request", 400)]
    [InlineData("{\"payload_base64\":\"YQ\"}", "invalid-request", 400)]
    [InlineData("{\"payload\":\"a\",\"stream\":\"\"}", "invalid-request", 400)]
    [InlineData("{\"payload\":\"a\",\"type\":\"\\u0001\"}", "invalid-request", 400)]
    [InlineData("{\"payload\":\"a\",\"metadata\":{\"a\":1}}", "invalid-request", 400)]
    public async Task A_body_that_is_not_an_entry_is_refused(string json, string name, int status)
    {
        using HttpResponseMessage response = await _gateway.PostAsync(
            "/v1/entries", json, "application/json");
        await AssertProblemAsync(response, name, status);
    }

    [Fact]
    public async Task A_payload_above_the_limit_is_refused_and_one_at_it_taken()
    {
        using HttpResponseMessage fits = await _gateway.PostAsync(
            "/v1/entries", new string('x', 65_536));
        Assert.Equal(HttpStatusCode.Created, fits.StatusCode);
        using HttpResponseMessage large = await _gateway.PostAsync(
            "/v1/entries", new string('x', 65_537));
        JsonElement problem = await AssertProblemAsync(large, "payload-too-large", 413);
        Assert.Equal(65_536, problem.GetProperty("limit").GetInt32());
        using HttpResponseMessage json = await _gateway.PostAsync(
            "/v1/entries", $"{{\"payload\":\"{new string('x', 65_537)}\"}}", "application/json");
        await AssertProblemAsync(json, "payload-too-large", 413);
    }

    [Fact]
    public async Task Headers_and_parameters_are_judged()
    {
        await RefusedAsync("/v1/entries?receipt=some", "x", "text/plain", "invalid-request");
        await RefusedAsync(
            "/v1/entries", "x", "text/plain", "invalid-request", ("If-Match", "\"1\""));
        await RefusedAsync(
            "/v1/entries?stream=s", "x", "text/plain", "invalid-request", ("If-Match", "1"));
        await RefusedAsync("/v1/entries?stream=s", "x", "text/plain", "invalid-request", ("If-None-Match", "\"1\""));
        await RefusedAsync(
            "/v1/entries", "x", "text/plain", "invalid-request", ("Idempotency-Key", new string('k', 256)));
        await RefusedAsync("/v1/entries:batch", "x", "text/plain", "unsupported-media-type");
        await RefusedAsync("/v1/entries:batch", "", Lines, "invalid-request");
        await RefusedAsync(
            "/v1/entries:batch?atomic=1", "{\"payload\":\"a\"}", Lines, "invalid-request");
        await RefusedAsync("/v1/entries:batch", "\0\0\0\x02x", "application/vnd.sequencer.batch", "invalid-request");
        await RefusedAsync(
            "/v1/entries:batch", string.Join('\n', Enumerable.Repeat("{\"payload\":\"\"}", 4097)), Lines,
            "invalid-request");
    }

    [Theory]
    [InlineData("%FF")]
    [InlineData("%C0%80")]
    [InlineData("%")]
    [InlineData("a%2")]
    [InlineData("%+1")]
    [InlineData("%zz")]
    public async Task An_escape_that_is_none_is_refused_and_not_recorded(string name)
    {
        using HttpResponseMessage response = await SendRawAsync($"/v1/entries?stream={name}");
        await AssertProblemAsync(response, "invalid-request", 400);
        using HttpResponseMessage good = await SendRawAsync("/v1/entries?stream=%C3%A9%25");
        Assert.Equal("é%", (await TestGateway.ReadJsonAsync(good)).GetProperty("stream").GetString());
    }

    [Theory]
    [InlineData("/v1/entries", "text/plain")]
    [InlineData("/v1/entries:batch", Lines)]
    public async Task A_bad_key_is_the_fault_of_its_header(string path, string contentType)
    {
        using HttpResponseMessage response = await _gateway.PostAsync(
            path, """{"payload":"a"}""", contentType, ("Idempotency-Key", new string('k', 256)));
        JsonElement problem = await AssertProblemAsync(response, "invalid-request", 400);
        Assert.Equal("Idempotency-Key", problem.GetProperty("field").GetString());
    }

    [Fact]
    public async Task A_long_name_is_not_sent_back_whole()
    {
        using HttpResponseMessage response = await _gateway.PostAsync(
            "/v1/entries", $"{{\"{new string('n', 10_000)}\":1}}", "application/json");
        JsonElement problem = await AssertProblemAsync(response, "unknown-field", 400);
        Assert.Equal(new string('n', 64), problem.GetProperty("field").GetString());
        Assert.InRange(response.Content.Headers.ContentLength!.Value, 1, 500);
    }

    [Fact]
    public async Task A_stream_above_the_configured_count_is_refused()
    {
        for (int i = 0; i < 4; i++) Assert.Equal(
            HttpStatusCode.Created, await StreamAsync("X", "", $"s{i}"));
        using HttpResponseMessage response = await _gateway.PostAsync("/v1/entries?stream=s4", "x");
        JsonElement problem = await AssertProblemAsync(response, "cells-full", 507);
        Assert.Equal(4, problem.GetProperty("limit").GetInt32());
    }

    internal static async Task<JsonElement> AssertProblemAsync(
        HttpResponseMessage response, string name, int status)
    {
        JsonElement problem = await TestGateway.ReadJsonAsync(response);
        Assert.Equal($"urn:sequencer:problem:{name}", problem.GetProperty("type").GetString());
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.ToString());
        return problem;
    }

    // Without the client's own idea of what the escapes should be.
    private async Task<HttpResponseMessage> SendRawAsync(string path)
    {
        var uri = new Uri(
            _gateway.Http.BaseAddress!.GetLeftPart(UriPartial.Authority) + path,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        return await _gateway.Http.PostAsync(uri, new StringContent("x"));
    }

    private async Task RefusedAsync(
        string path, string body, string contentType, string name, params (string, string)[] headers)
    {
        using HttpResponseMessage response = await _gateway.PostAsync(
            path, body, contentType, headers);
        await AssertProblemAsync(response, name, name == "unsupported-media-type" ? 415 : 400);
    }

    private async Task<HttpStatusCode> StreamAsync(string header, string value, string stream = "s")
    {
        using HttpResponseMessage response = await _gateway.PostAsync(
            $"/v1/entries?stream={stream}", "x", headers: (header, value));
        return response.StatusCode;
    }

    private Task<HttpResponseMessage> PostWithKeyAsync(string body) =>
        _gateway.PostAsync("/v1/entries", body, headers: ("Idempotency-Key", "key"));
}
