using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Tests.Http;
using Sequencer.Gateway.Tests.Link;

namespace Sequencer.Gateway.Tests.Sequencing;

/// <summary>The whole gateway before an enclave that stalls, goes, comes back, or is another one.
/// </summary>
public sealed class ReconnectTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    private readonly TestGateway _gateway = new();
    private TestEnclave? _enclave;
    private FakeMonitor? _monitor;
    private int _faultsLeft;

    private string EnclavePath => _gateway.SocketPath + ".enclave";

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _gateway.StopAsync();
        if (_monitor is not null) await _monitor.DisposeAsync();
        if (_enclave is not null) await _enclave.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task A_gateway_appends_through_the_monitor_of_a_virtual_machine()
    {
        await StartBehindMonitorAsync(Patience);
        using HttpResponseMessage posted = await PostAsync("one");
        Assert.Equal(HttpStatusCode.Created, posted.StatusCode);
        await _gateway.AssertReceiptVerifiesAsync(1, "one"u8.ToArray());
        await _gateway.AuditAsync();
    }

    [Fact]
    public async Task A_machine_that_freezes_under_a_request_is_lost_and_comes_back()
    {
        await StartBehindMonitorAsync(Short);
        _monitor!.Freeze();
        using HttpResponseMessage failed = await PostAsync("one");
        await AppendTests.AssertProblemAsync(failed, "enclave-unavailable", 503);
        Assert.True(failed.Headers.Contains("Retry-After"));
        _monitor.Thaw();
        await _gateway.WaitForReadinessAsync();
        using HttpResponseMessage again = await PostAsync("one");
        Assert.Equal(1, await NumberAsync(again));
        Assert.Equal(1u, (await _gateway.AuditAsync()).Epochs);
    }

    [Fact]
    public async Task A_machine_that_freezes_while_nothing_is_asked_is_noticed()
    {
        await StartBehindMonitorAsync(Short);
        _monitor!.Freeze();
        await _gateway.WaitForReadinessAsync(HttpStatusCode.ServiceUnavailable);
        _monitor.Thaw();
        await _gateway.WaitForReadinessAsync();
    }

    [Fact]
    public async Task A_device_that_stalls_for_many_connections_is_waited_for_in_the_same_epoch()
    {
        // More than the enclave has places for: it keeps each until its device answers.
        await StartBehindMonitorAsync(Short);
        _enclave!.StallDevice();
        string nonce = new('a', 64);
        using HttpResponseMessage live =
            await _gateway.Http.GetAsync($"/v1/attestation?nonce={nonce}");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, live.StatusCode);
        await _gateway.WaitForConnectionsAsync(10);
        _enclave.ReleaseDevice();
        await _gateway.WaitForReadinessAsync();
        await SubmitUntilDoneAsync("one", CancellationToken.None);
        Assert.Equal(1u, (await _gateway.AuditAsync()).Epochs);
    }

    [Theory]
    [InlineData(LinkMessage.Sequence)]
    [InlineData(LinkMessage.Acknowledge)]
    public async Task A_line_that_is_cut_is_joined_again_in_the_same_epoch(LinkMessage at)
    {
        await StartBehindMonitorAsync(Patience);
        _monitor!.CutAt(at);
        await SubmitUntilDoneAsync("one", CancellationToken.None);
        await SubmitUntilDoneAsync("two", CancellationToken.None);
        Assert.Equal(1u, (await _gateway.AuditAsync()).Epochs);
    }

    [Theory]
    [InlineData(LinkMessage.Sequence)]
    [InlineData(LinkMessage.Acknowledge)]
    public async Task An_answer_to_another_request_breaks_the_line_which_is_joined_again(
        LinkMessage at)
    {
        await StartBehindMonitorAsync(Patience);
        _monitor!.MisnameAnswerTo(at);
        await SubmitUntilDoneAsync("one", CancellationToken.None);
        await SubmitUntilDoneAsync("two", CancellationToken.None);
        await _gateway.WaitForConnectionsAsync(2);
        Assert.Equal(1u, (await _gateway.AuditAsync()).Epochs);
    }

    [Fact]
    public async Task Equal_entries_whose_answer_was_lost_are_erased_one_by_one()
    {
        await StartBehindMonitorAsync(Patience);
        _monitor!.CutAtAnswerTo(LinkMessage.Sequence);
        using HttpResponseMessage lost = await _gateway.PostAsync(
            "/v1/entries:batch", "{\"payload\":\"one\"}\n{\"payload\":\"one\"}\n",
            "application/x-ndjson");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, lost.StatusCode);
        await _gateway.WaitForConnectionsAsync(2);
        await _gateway.WaitForReadinessAsync();
        await SubmitUntilDoneAsync("two", CancellationToken.None);
        JsonElement found = await _gateway.GetJsonAsync(
            "/v1/entries?payload_digest=" + Derivation.Payload("one"u8).ToHex());
        ulong[] numbers =
        [
            .. found.GetProperty("entries").EnumerateArray()
                .Select(entry => entry.GetProperty("number").GetUInt64()),
        ];
        Assert.Equal([2, 1], numbers);
        using HttpResponseMessage erased =
            await _gateway.Http.DeleteAsync("/v1/entries/1/payload");
        Assert.Equal(HttpStatusCode.OK, erased.StatusCode);
        Assert.Equal("one", await _gateway.Http.GetStringAsync("/v1/entries/2/payload"));
        await _gateway.AuditAsync();
    }

    [Fact]
    public async Task A_live_document_is_asked_for_once_more_when_the_line_breaks_under_it()
    {
        await StartBehindMonitorAsync(Patience);
        _monitor!.CutAt(LinkMessage.Attest);
        string nonce = new('a', 64);
        JsonElement live = await _gateway.GetJsonAsync($"/v1/attestation?nonce={nonce}");
        Assert.Equal(1, live.GetProperty("size").GetInt32());
    }

    [Fact]
    public async Task A_log_of_another_hardware_is_a_mismatch_until_the_right_enclave_comes()
    {
        await _gateway.StartAgainAsync();
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
        (await PostAsync("one")).Dispose();
        await _enclave.DisposeAsync();

        using var otherRoot = TestEnclave.NewRoot();
        _enclave = new TestEnclave(_gateway.SocketPath, otherRoot);
        JsonElement ready = await ReadinessOfAsync("enclave-mismatch");
        string detail = ready.GetProperty("detail").GetString()!;
        Assert.Contains("replay refused at", detail, StringComparison.Ordinal);
        Assert.Contains("Start the enclave image", detail, StringComparison.Ordinal);
        using HttpResponseMessage refused = await PostAsync("two");
        await AppendTests.AssertProblemAsync(refused, "enclave-mismatch", 503);
        Assert.False(refused.Headers.Contains("Retry-After"));

        // Well before the next attempt at its own pace: the wrong enclave was seen to go.
        await _enclave.DisposeAsync();
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
        using HttpResponseMessage two = await PostAsync("two");
        Assert.Equal(3, await NumberAsync(two));
    }

    [Fact]
    public async Task Under_load_enclaves_and_lines_come_and_go_and_nothing_is_lost_or_doubled()
    {
        await StartBehindMonitorAsync(TimeSpan.FromSeconds(5));
        Random random = Seeded.Random(out _);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        const int callers = 8, each = 40, faults = 8;
        var numbers = new ConcurrentDictionary<string, long>();
        async Task CallAsync(int caller)
        {
            for (int i = 0; i < each || Volatile.Read(ref _faultsLeft) > 0; i++)
            {
                string body = $"caller {caller} entry {i}";
                numbers[body] = await SubmitUntilDoneAsync(body, patience.Token);
            }
        }
        _faultsLeft = faults;
        Task calling = Task.WhenAll(Enumerable.Range(0, callers).Select(CallAsync));
        uint enclaves = 1;
        for (; _faultsLeft > 0; Interlocked.Decrement(ref _faultsLeft))
        {
            // A few more entries, then a fault: by count, so that a slow machine tests the same.
            int until = numbers.Count + 1 + random.Next(12);
            while (numbers.Count < until) await Task.Delay(1, patience.Token);
            switch (random.Next(3))
            {
                case 0:
                    _monitor!.CutAt(LinkMessage.Sequence);
                    break;
                case 1:
                    _monitor!.CutAt(LinkMessage.Acknowledge);
                    break;
                default:
                    await _enclave!.DisposeAsync();
                    _enclave = new TestEnclave(EnclavePath);
                    enclaves++;
                    break;
            }
        }
        await calling;

        foreach ((string body, long number) in numbers)
        {
            Assert.Equal(body, await _gateway.Http.GetStringAsync(
                string.Create(CultureInfo.InvariantCulture, $"/v1/entries/{number}/payload")));
        }
        Assert.Equal(numbers.Count, numbers.Values.Distinct().Count());
        var report = await _gateway.AuditAsync();
        // An enclave that went before its statement was durable opened no epoch: what its predecessor
        // had signed goes on being committed and counted after that one went.
        Assert.InRange(report.Epochs, 1u, enclaves);
        // Every entry has its caller and every caller one entry; the rest are statements.
        Assert.Equal((ulong)numbers.Count + report.Epochs, report.Records);
    }

    private async Task StartBehindMonitorAsync(TimeSpan stall)
    {
        _enclave = new TestEnclave(EnclavePath);
        _monitor = new FakeMonitor(_gateway.SocketPath, EnclavePath);
        string text = $"hybrid:{_gateway.SocketPath}:{FakeMonitor.Port}";
        Assert.True(
            EnclaveEndpoint.TryParse(text, out EnclaveEndpoint? endpoint, out string fault), fault);
        await _gateway.StartAgainAsync(settings => settings with
        {
            Enclave = endpoint,
            EnclaveTimes = new LinkTimes(stall, stall, stall),
        });
        await _gateway.WaitForReadinessAsync();
    }

    private Task<HttpResponseMessage> PostAsync(string body) =>
        _gateway.PostAsync("/v1/entries", body, headers: ("Idempotency-Key", body));

    private static async Task<long> NumberAsync(HttpResponseMessage response) =>
        (await TestGateway.ReadJsonAsync(response)).GetProperty("number").GetInt64();

    /// <summary>As a client does: the same key until there is an answer.</summary>
    private async Task<long> SubmitUntilDoneAsync(string body, CancellationToken cancellationToken)
    {
        while (true)
        {
            using HttpResponseMessage response = await PostAsync(body);
            if (response.IsSuccessStatusCode) return await NumberAsync(response);
            await AppendTests.AssertProblemAsync(response, "enclave-unavailable", 503);
            await Task.Delay(5, cancellationToken);
        }
    }

    private async Task<JsonElement> ReadinessOfAsync(string problem)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            using HttpResponseMessage response =
                await _gateway.Http.GetAsync("/readyz", patience.Token);
            string text = await response.Content.ReadAsStringAsync(patience.Token);
            if (text.Contains(problem, StringComparison.Ordinal))
            {
                return await TestGateway.ReadJsonAsync(response);
            }
            await Task.Delay(5, patience.Token);
        }
    }
}
