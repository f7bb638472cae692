using System.Net;
using System.Text.Json;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Tests.Http;
using Sequencer.Gateway.Tests.Link;

namespace Sequencer.Gateway.Tests.Sequencing;

public sealed class DurabilityTests : IAsyncLifetime
{
    private TestGateway _gateway = null!;
    private TestEnclave? _enclave;

    public async Task InitializeAsync() => _gateway = await TestGateway.StartAsync();

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        if (_enclave is not null) await _enclave.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_is_acknowledged_or_shown_before_it_is_durable()
    {
        await StartEnclaveAsync();
        foreach (string folder in (string[])["payload", "log"])
        {
            string before = await _gateway.Http.GetStringAsync("/v1/checkpoint");
            _gateway.Files!.Close(folder);
            Task<HttpResponseMessage> post = _gateway.PostAsync("/v1/entries", folder);
            await _gateway.Files.WaitUntilHeldAsync();
            Assert.False(post.IsCompleted);
            Assert.Equal(before, await _gateway.Http.GetStringAsync("/v1/checkpoint"));
            _gateway.Files.Open();
            using HttpResponseMessage response = await post;
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("log")]
    [InlineData("payload")]
    public async Task After_a_failed_sync_the_log_goes_on_without_a_hole(string folder)
    {
        await StartEnclaveAsync();
        _gateway.Files!.FailNextSync(folder);
        using HttpResponseMessage failed = await PostWithKeyAsync();
        await AppendTests.AssertProblemAsync(failed, "store-failed", 503);
        await _gateway.WaitForReadinessAsync();
        using HttpResponseMessage again = await PostWithKeyAsync();
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.Equal(1, (await TestGateway.ReadJsonAsync(again)).GetProperty("number").GetInt64());
        // The enclave had sequenced what the disk did not take for certain: it was asked for it.
        Assert.Equal(folder == "log", again.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal(1u, (await _gateway.AuditAsync()).Epochs);
    }

    [Fact]
    public async Task What_is_durable_can_be_read_while_the_store_is_opened_anew()
    {
        await StartEnclaveAsync();
        (await _gateway.PostAsync("/v1/entries", "one")).Dispose();
        _gateway.Files!.Close("log");
        _gateway.Files.FailNextSync("log");
        using HttpResponseMessage failed = await PostWithKeyAsync();
        await AppendTests.AssertProblemAsync(failed, "store-failed", 503);
        // Recovery writes the last batch once more, and is held up in that.
        await _gateway.Files.WaitUntilHeldAsync();
        Assert.Equal("one", await _gateway.Http.GetStringAsync("/v1/entries/1/payload"));
        await _gateway.AssertReceiptVerifiesAsync(1, "one"u8.ToArray());
        using HttpResponseMessage ready = await _gateway.Http.GetAsync("/readyz");
        JsonElement problem = await AppendTests.AssertProblemAsync(ready, "store-failed", 503);
        Assert.Contains("An injected fault.", problem.GetProperty("detail").GetString());
        _gateway.Files.Open();
        await _gateway.WaitForReadinessAsync();
        using HttpResponseMessage again = await PostWithKeyAsync();
        Assert.Equal(2, (await TestGateway.ReadJsonAsync(again)).GetProperty("number").GetInt64());
        await _gateway.AuditAsync();
    }

    [Fact]
    public async Task A_fault_that_nobody_expects_ends_the_gateway_and_says_so()
    {
        await StartEnclaveAsync();
        var log = new LogLines();
        _gateway.LogTo(log);
        _gateway.FailNextOpening(new InvalidOperationException("Unheard of."));
        _gateway.Files!.FailNextSync("payload");
        using HttpResponseMessage failed = await PostWithKeyAsync();
        await AppendTests.AssertProblemAsync(failed, "store-failed", 503);
        Assert.True(await _gateway.WaitForFailureAsync());
        Assert.Contains(log.Lines, line => line.Contains("Unheard of.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_new_enclave_continues_the_log_in_a_new_epoch()
    {
        await StartEnclaveAsync();
        (await _gateway.PostAsync("/v1/entries", "one")).Dispose();
        await _enclave!.DisposeAsync();
        await _gateway.WaitForReadinessAsync(HttpStatusCode.ServiceUnavailable);
        using HttpResponseMessage without = await _gateway.PostAsync("/v1/entries", "none");
        await AppendTests.AssertProblemAsync(without, "enclave-unavailable", 503);
        Assert.True(without.Headers.Contains("Retry-After"));
        Assert.Equal("one", await _gateway.Http.GetStringAsync("/v1/entries/1/payload"));

        await StartEnclaveAsync();
        using HttpResponseMessage two = await _gateway.PostAsync("/v1/entries", "two");
        JsonElement answer = await TestGateway.ReadJsonAsync(two);
        Assert.Equal(3, answer.GetProperty("number").GetInt64());
        Assert.Equal(1, answer.GetProperty("epoch").GetInt32());
        await _gateway.AssertReceiptVerifiesAsync(1, "one"u8.ToArray());
        await _gateway.AssertReceiptVerifiesAsync(3, "two"u8.ToArray());
        Assert.Equal(2u, (await _gateway.AuditAsync()).Epochs);
    }

    [Fact]
    public async Task An_enclave_that_goes_while_a_batch_is_under_way_leaves_no_hole()
    {
        await StartEnclaveAsync();
        _gateway.Files!.Close("payload");
        Task<HttpResponseMessage> post = PostWithKeyAsync();
        await _gateway.Files.WaitUntilHeldAsync();
        await _enclave!.DisposeAsync();
        _gateway.Files.Open();
        using HttpResponseMessage failed = await post;
        await AppendTests.AssertProblemAsync(failed, "enclave-unavailable", 503);
        await StartEnclaveAsync();
        using HttpResponseMessage again = await PostWithKeyAsync();
        Assert.Equal(2, (await TestGateway.ReadJsonAsync(again)).GetProperty("number").GetInt64());
        await _gateway.AuditAsync();
    }

    [Fact]
    public async Task A_gateway_that_starts_again_resumes_the_open_epoch()
    {
        await StartEnclaveAsync();
        (await _gateway.PostAsync("/v1/entries", "one")).Dispose();
        await _gateway.StopAsync();
        await _gateway.StartAgainAsync();
        await _gateway.WaitForReadinessAsync();
        using HttpResponseMessage two = await _gateway.PostAsync("/v1/entries", "two");
        Assert.Equal(2, (await TestGateway.ReadJsonAsync(two)).GetProperty("number").GetInt64());
        Assert.Equal(1u, (await _gateway.AuditAsync()).Epochs);
    }

    [Fact]
    public async Task An_enclave_of_another_log_is_refused_and_nothing_is_written()
    {
        await StartEnclaveAsync();
        (await _gateway.PostAsync("/v1/entries", "one")).Dispose();
        await _gateway.StopAsync();
        Directory.Delete(_gateway.DataDirectory, recursive: true);
        await _gateway.StartAgainAsync();
        using HttpResponseMessage ready = await ReadinessSayingAsync("not the directory");
        await AppendTests.AssertProblemAsync(ready, "enclave-mismatch", 503);
        using HttpResponseMessage response = await _gateway.PostAsync("/v1/entries", "two");
        await AppendTests.AssertProblemAsync(response, "enclave-mismatch", 503);
        using HttpResponseMessage checkpoint = await _gateway.Http.GetAsync("/v1/checkpoint");
        await AppendTests.AssertProblemAsync(checkpoint, "not-found", 404);
    }

    [Fact]
    public async Task No_new_log_is_begun_over_what_is_left_of_another()
    {
        await StartEnclaveAsync();
        (await _gateway.PostAsync("/v1/entries", "one")).Dispose();
        await _gateway.StopAsync();
        await _enclave!.DisposeAsync();
        string segment = Path.Combine(_gateway.DataDirectory, "log/00000000000000000000.seg");
        await File.WriteAllBytesAsync(segment, []);
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.StartAgainAsync();
        using HttpResponseMessage ready = await ReadinessSayingAsync("what is left of another");
        await AppendTests.AssertProblemAsync(ready, "enclave-mismatch", 503);
        using HttpResponseMessage checkpoint = await _gateway.Http.GetAsync("/v1/checkpoint");
        await AppendTests.AssertProblemAsync(checkpoint, "not-found", 404);
    }

    [Fact]
    public async Task A_stopped_enclave_is_named_as_such()
    {
        await using var peer = new ScriptedPeer(
            _gateway.SocketPath, (type, id) => ScriptedPeer.Frame((byte)(type | 0x80), id, [3, .. new byte[52]]));
        using HttpResponseMessage ready = await ReadinessSayingAsync("stopped");
        await AppendTests.AssertProblemAsync(ready, "enclave-stopped", 503);
        using HttpResponseMessage response = await _gateway.PostAsync("/v1/entries", "x");
        await AppendTests.AssertProblemAsync(response, "enclave-stopped", 503);
    }

    [Fact]
    public async Task What_has_arrived_is_finished_before_the_gateway_ends()
    {
        await StartEnclaveAsync();
        _gateway.Files!.Close("log");
        HttpClient http = _gateway.Http;
        Task<HttpResponseMessage> post = _gateway.PostAsync("/v1/entries", "last");
        await _gateway.Files.WaitUntilHeldAsync();
        Task stopping = _gateway.StopServingAsync();
        _gateway.Files.Open();
        using HttpResponseMessage response = await post;
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        await stopping;
        http.Dispose();
    }

    [Fact]
    public async Task More_than_may_wait_is_turned_away()
    {
        await StartEnclaveAsync();
        _gateway.Files!.Close("payload");
        string large = new('x', 64 * 1024);
        Task<HttpResponseMessage>[] posts =
            [.. Enumerable.Range(0, 300).Select(_ => _gateway.PostAsync("/v1/entries?receipt=none", large))];
        using HttpResponseMessage first = await await Task.WhenAny(posts);
        JsonElement problem = await AppendTests.AssertProblemAsync(first, "overloaded", 429);
        Assert.Equal(429, problem.GetProperty("status").GetInt32());
        _gateway.Files.Open();
        foreach (HttpResponseMessage response in await Task.WhenAll(posts))
        {
            Assert.Contains(
                response.StatusCode, (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.TooManyRequests]);
            response.Dispose();
        }
        await _gateway.AuditAsync();
    }

    [Fact]
    public async Task A_directory_in_use_ends_the_start_of_another_gateway()
    {
        await using var other = new TestGateway();
        await Assert.ThrowsAsync<StoreLockedException>(
            () => other.StartAgainAsync(s => s with { DataDirectory = _gateway.DataDirectory }));
    }

    private async Task StartEnclaveAsync()
    {
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
    }

    private Task<HttpResponseMessage> PostWithKeyAsync() =>
        _gateway.PostAsync("/v1/entries", "x", headers: ("Idempotency-Key", "k"));

    private async Task<HttpResponseMessage> ReadinessSayingAsync(string part)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            HttpResponseMessage response = await _gateway.Http.GetAsync("/readyz", patience.Token);
            string text = await response.Content.ReadAsStringAsync(patience.Token);
            if (text.Contains(part, StringComparison.Ordinal)) return response;
            response.Dispose();
            await Task.Delay(5, patience.Token);
        }
    }
}
