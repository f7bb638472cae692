using System.Net;
using System.Text.Json;

namespace Sequencer.Gateway.Tests.Http;

/// <summary>What the <c>ack</c> parameter waits for.</summary>
public sealed class AcknowledgementTests : IAsyncLifetime
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

    [Fact]
    public async Task A_sequenced_number_comes_before_the_disk_and_without_a_signature()
    {
        string before = await _gateway.Http.GetStringAsync("/v1/checkpoint");
        _gateway.Files!.Close("log");
        using HttpResponseMessage response =
            await _gateway.PostAsync("/v1/entries?ack=sequenced", "one");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Null(response.Headers.Location);
        Assert.Equal(
            """{"number":1,"acknowledged":"sequenced"}""" + "\n",
            await response.Content.ReadAsStringAsync());
        Assert.Equal(before, await _gateway.Http.GetStringAsync("/v1/checkpoint"));
        using HttpResponseMessage entry = await _gateway.Http.GetAsync("/v1/entries/1");
        await AppendTests.AssertProblemAsync(entry, "not-found", 404);
        _gateway.Files.Open();
        await AppendAsync("two", "durable", HttpStatusCode.Created);
        await _gateway.AssertReceiptVerifiesAsync(1, "one"u8.ToArray());
    }

    [Fact]
    public async Task The_next_batches_are_signed_while_the_disk_has_the_one_before()
    {
        _gateway.Files!.Close("log");
        Task<JsonElement> durable = AppendAsync("one", "durable", HttpStatusCode.Created);
        await _gateway.Files.WaitUntilHeldAsync();
        for (int number = 2; number <= 4; number++)
        {
            JsonElement answer = await AppendAsync("more", "sequenced", HttpStatusCode.Accepted);
            Assert.Equal(number, answer.GetProperty("number").GetInt32());
        }
        // As many as an enclave keeps are signed and not durable: the next waits for the disk.
        Task<JsonElement> fifth = AppendAsync("last", "sequenced", HttpStatusCode.Accepted);
        Assert.False(durable.IsCompleted);
        Assert.False(fifth.IsCompleted);
        _gateway.Files.Open();
        Assert.Equal(1, (await durable).GetProperty("number").GetInt32());
        Assert.Equal(5, (await fifth).GetProperty("number").GetInt32());
        await AppendAsync("end", "durable", HttpStatusCode.Created);
        Assert.Equal(7UL, (await _gateway.AuditAsync()).Records);
    }

    [Fact]
    public async Task Batches_that_were_signed_while_the_disk_was_busy_survive_its_failure()
    {
        _gateway.Files!.HoldAndFailNext(DiskStep.Sync, "log", Store.Fault.Failed);
        Task<HttpResponseMessage> durable = _gateway.PostAsync("/v1/entries", "one");
        await _gateway.Files.WaitUntilHeldAsync();
        await AppendAsync("two", "sequenced", HttpStatusCode.Accepted);
        await AppendAsync("three", "sequenced", HttpStatusCode.Accepted);
        _gateway.Files.Open();
        using HttpResponseMessage failed = await durable;
        await AppendTests.AssertProblemAsync(failed, "store-failed", 503);
        await _gateway.WaitForReadinessAsync();
        // The enclave lives and had kept them.
        await _gateway.AssertReceiptVerifiesAsync(1, "one"u8.ToArray());
        await _gateway.AssertReceiptVerifiesAsync(3, "three"u8.ToArray());
        Assert.Equal(4UL, (await _gateway.AuditAsync()).Records);
    }

    [Fact]
    public async Task A_durable_answer_about_an_older_entry_waits_until_that_is_durable()
    {
        _gateway.Files!.Close("log");
        await AppendAsync("one", "sequenced", HttpStatusCode.Accepted, key: "k");
        Task<HttpResponseMessage> again = PostAsync("one", "durable", key: "k");
        // The enclave has answered that one too when it has answered what came after it.
        await AppendAsync("two", "sequenced", HttpStatusCode.Accepted);
        Assert.False(again.IsCompleted);
        _gateway.Files.Open();
        using HttpResponseMessage replayed = await again;
        Assert.Equal(HttpStatusCode.Created, replayed.StatusCode);
        Assert.True(replayed.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal(
            1, (await TestGateway.ReadJsonAsync(replayed)).GetProperty("number").GetInt32());
    }

    [Fact]
    public async Task A_batch_is_acknowledged_at_either_level()
    {
        const string lines = """
            {"payload":"a","stream":"s","expected_version":"none"}
            {"payload":"b","stream":"s","expected_version":"none"}
            """;
        using HttpResponseMessage response = await _gateway.PostAsync(
            "/v1/entries:batch?ack=sequenced", lines, "application/x-ndjson");
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        JsonElement answer = await TestGateway.ReadJsonAsync(response);
        Assert.Equal("sequenced", answer.GetProperty("acknowledged").GetString());
        Assert.False(answer.TryGetProperty("checkpoint", out _));
        Assert.False(answer.TryGetProperty("size", out _));
        Assert.Equal("refused", answer.GetProperty("entries")[1].GetProperty("status").GetString());
        using HttpResponseMessage durable = await _gateway.PostAsync(
            "/v1/entries:batch?ack=durable", """{"payload":"c"}""", "application/x-ndjson");
        Assert.Equal(HttpStatusCode.OK, durable.StatusCode);
        answer = await TestGateway.ReadJsonAsync(durable);
        Assert.Equal(3, answer.GetProperty("size").GetInt32());
    }

    [Fact]
    public async Task A_retry_and_a_refusal_are_told_at_the_level_that_was_asked_for()
    {
        await AppendAsync("one", "sequenced", HttpStatusCode.Accepted, key: "k");
        using HttpResponseMessage again = await PostAsync("one", "sequenced", key: "k");
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        Assert.True(again.Headers.Contains("Idempotent-Replayed"));
        using HttpResponseMessage other = await PostAsync("two", "sequenced", key: "k");
        await AppendTests.AssertProblemAsync(other, "idempotency-conflict", 422);
    }

    [Theory]
    [InlineData("/v1/entries?ack=sequenced&receipt=full", "invalid-request", 400, "receipt")]
    [InlineData("/v1/entries?ack=", "invalid-request", 400, "ack")]
    [InlineData("/v1/entries?ack=durable&ack=sequenced", "invalid-request", 400, "ack")]
    [InlineData("/v1/entries?ack=eventually", "invalid-request", 400, "ack")]
    [InlineData("/v1/entries?ack=witnessed", "no-witness-policy", 422, "ack")]
    public async Task A_level_that_cannot_be_had_is_refused(
        string path, string type, int status, string field)
    {
        using HttpResponseMessage response = await _gateway.PostAsync(path, "x");
        JsonElement problem = await AppendTests.AssertProblemAsync(response, type, status);
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    private async Task<JsonElement> AppendAsync(
        string payload, string level, HttpStatusCode expected, string? key = null)
    {
        using HttpResponseMessage response = await PostAsync(payload, level, key);
        Assert.Equal(expected, response.StatusCode);
        return await TestGateway.ReadJsonAsync(response);
    }

    private Task<HttpResponseMessage> PostAsync(string payload, string level, string? key = null) =>
        _gateway.PostAsync(
            $"/v1/entries?ack={level}", payload,
            headers: key is null ? [] : [("Idempotency-Key", key)]);
}
