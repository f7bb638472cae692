using System.Globalization;
using System.Net;
using System.Text.Json;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Verification;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Tests.Http;
using Sequencer.Gateway.Tests.Link;

namespace Sequencer.Gateway.Tests.Sequencing;

/// <summary>The whole gateway through the planned end of an epoch.</summary>
public sealed class SealTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestGateway _gateway = new();
    private TestEnclave? _enclave;
    private FakeMonitor? _monitor;

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
    public async Task A_sealed_epoch_is_read_and_not_appended_to_until_the_next_enclave_comes()
    {
        await StartAsync();
        (await PostAsync("one")).Dispose();
        _gateway.Seal();
        JsonElement ready = await UntilSealedAsync();
        Assert.Equal(
            "Epoch 0 ended with a seal at size 3. Start the next enclave.",
            ready.GetProperty("detail").GetString());

        using HttpResponseMessage refused = await PostAsync("two");
        await AppendTests.AssertProblemAsync(refused, "epoch-sealed", 503);
        Assert.True(refused.Headers.Contains("Retry-After"));
        await _gateway.AssertReceiptVerifiesAsync(1, "one"u8.ToArray());
        JsonElement seal = await _gateway.GetJsonAsync("/v1/entries/2");
        Assert.Equal("seal", seal.GetProperty("kind").GetString());
        Assert.False(seal.TryGetProperty("payload_digest", out _));
        Assert.Equal(
            HttpStatusCode.OK, (await _gateway.Http.GetAsync("/v1/entries/2/receipt")).StatusCode);
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await _gateway.Http.GetAsync("/v1/entries/2/payload")).StatusCode);
        Assert.Equal(3ul, (await _gateway.AuditAsync()).Records);

        await ReplaceEnclaveAsync();
        await _gateway.WaitForReadinessAsync();
        Assert.Equal(4, await NumberAsync("two"));
        Assert.Equal(PreviousEpochEnd.Sealed, await EndBeforeAsync(1));
        await _gateway.AuditAsync();
    }

    [Fact]
    public async Task What_has_arrived_is_finished_before_the_seal()
    {
        await StartAsync();
        Task<HttpResponseMessage>[] posted =
            [.. Enumerable.Range(0, 50).Select(i => PostAsync($"entry {i}"))];
        _gateway.Seal();
        await UntilSealedAsync();
        ulong appended = 0;
        foreach (Task<HttpResponseMessage> post in posted)
        {
            using HttpResponseMessage response = await post;
            if (response.StatusCode == HttpStatusCode.Created) appended++;
            else await AppendTests.AssertProblemAsync(response, "epoch-sealed", 503);
        }
        var report = await _gateway.AuditAsync();
        Assert.Equal((appended, appended + 2), (report.Entries, report.Records));
    }

    [Fact]
    public async Task A_gateway_that_restarts_after_a_seal_waits_for_the_next_enclave_too()
    {
        await StartAsync();
        _gateway.Seal();
        await UntilSealedAsync();
        await _gateway.StopAsync();
        await _gateway.StartAgainAsync();
        await UntilSealedAsync();
        await ReplaceEnclaveAsync();
        await _gateway.WaitForReadinessAsync();
        Assert.Equal(3, await NumberAsync("one"));
        Assert.Equal(PreviousEpochEnd.Sealed, await EndBeforeAsync(1));
    }

    [Fact]
    public async Task A_seal_whose_answer_was_lost_is_had_at_the_next_connection()
    {
        await StartBehindMonitorAsync();
        _monitor!.CutAtAnswerTo(LinkMessage.Seal);
        _gateway.Seal();
        await UntilSealedAsync();
        var report = await _gateway.AuditAsync();
        Assert.Equal((2ul, 1u), (report.Records, report.Epochs));
    }

    [Fact]
    public async Task A_seal_that_never_reached_the_enclave_is_asked_for_again()
    {
        await StartBehindMonitorAsync();
        _monitor!.CutAt(LinkMessage.Seal);
        _gateway.Seal();
        await UntilSealedAsync();
        var report = await _gateway.AuditAsync();
        Assert.Equal((2ul, 1u), (report.Records, report.Epochs));
    }

    [Fact]
    public async Task An_epoch_that_ended_before_its_seal_is_not_sealed_and_neither_is_the_next()
    {
        await StartBehindMonitorAsync();
        _monitor!.Freeze();
        _gateway.Seal();
        await _enclave!.DisposeAsync();
        _enclave = new TestEnclave(EnclavePath);
        _monitor.Thaw();
        await UntilAppendedAsync("one");
        Assert.Equal(PreviousEpochEnd.Unplanned, await EndBeforeAsync(1));
        var report = await _gateway.AuditAsync();
        Assert.Equal((3ul, 2u), (report.Records, report.Epochs));
    }

    [Fact]
    public async Task A_seal_whose_sync_failed_is_had_from_the_enclave_again()
    {
        await StartAsync();
        _gateway.Files!.FailNextSync("log");
        _gateway.Seal();
        await UntilSealedAsync();
        Assert.Equal(2ul, (await _gateway.AuditAsync()).Records);
        await ReplaceEnclaveAsync();
        await _gateway.WaitForReadinessAsync();
        Assert.Equal(PreviousEpochEnd.Sealed, await EndBeforeAsync(1));
    }

    [Fact]
    public async Task A_withheld_seal_is_an_unplanned_end_until_its_head_turns_up()
    {
        await StartAsync();
        (await PostAsync("one")).Dispose();
        await _gateway.StopAsync();
        string before = _gateway.DataDirectory + ".before";
        Copy(_gateway.DataDirectory, before);
        await _gateway.StartAgainAsync();
        await _gateway.WaitForReadinessAsync();
        _gateway.Seal();
        await UntilSealedAsync();
        byte[] seal = await _gateway.Http.GetByteArrayAsync("/v1/entries/2/receipt");

        await _gateway.StopAsync();
        Directory.Delete(_gateway.DataDirectory, recursive: true);
        Directory.Move(before, _gateway.DataDirectory);
        await ReplaceEnclaveAsync();
        await _gateway.StartAgainAsync();
        await _gateway.WaitForReadinessAsync();
        (await PostAsync("two")).Dispose();
        // Nothing in the log tells, and nothing in it claims a planned end.
        Assert.Equal(PreviousEpochEnd.Unplanned, await EndBeforeAsync(1));
        await _gateway.AuditAsync();

        TrustPolicy policy = await _gateway.PolicyAsync();
        var verifier = new LogVerifier(policy);
        Assert.True(verifier.VerifyAttestedHead(seal).TryGet(out AttestedHead? held));
        AuditReport report = await new LogAuditor(policy, held)
            .AuditAsync(new DirectoryAuditSource(_gateway.DataDirectory));
        Assert.Equal(VerificationRule.HeldHead, Assert.Single(report.Faults).Rule);
        Assert.Equal(
            EvidenceVerdict.Fork, verifier.VerifyEvidence(Assert.Single(report.Evidence)).Verdict);
    }

    [Fact]
    public async Task Stopping_a_gateway_seals_nothing()
    {
        await StartAsync();
        await _gateway.StopAsync();
        await _gateway.StartAgainAsync();
        await _gateway.WaitForReadinessAsync();
        Assert.Equal(1, await NumberAsync("one"));
        Assert.Equal(1u, (await _gateway.AuditAsync()).Epochs);
    }

    [Fact]
    public async Task Without_an_enclave_there_is_nothing_to_seal()
    {
        await StartAsync();
        await _enclave!.DisposeAsync();
        await _gateway.WaitForReadinessAsync(HttpStatusCode.ServiceUnavailable);
        _gateway.Seal();
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
        Assert.Equal(2, await NumberAsync("one"));
        Assert.Equal(PreviousEpochEnd.Unplanned, await EndBeforeAsync(1));
    }

    private async Task StartAsync()
    {
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.StartAgainAsync();
        await _gateway.WaitForReadinessAsync();
    }

    private async Task StartBehindMonitorAsync()
    {
        _enclave = new TestEnclave(EnclavePath);
        _monitor = new FakeMonitor(_gateway.SocketPath, EnclavePath);
        string text = $"hybrid:{_gateway.SocketPath}:{FakeMonitor.Port}";
        Assert.True(EnclaveEndpoint.TryParse(text, out EnclaveEndpoint? endpoint, out _));
        await _gateway.StartAgainAsync(settings => settings with { Enclave = endpoint });
        await _gateway.WaitForReadinessAsync();
    }

    private async Task ReplaceEnclaveAsync()
    {
        await _enclave!.DisposeAsync();
        _enclave = new TestEnclave(_gateway.SocketPath);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
        foreach (string folder in Directory.GetDirectories(from))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }

    private Task<HttpResponseMessage> PostAsync(string body) =>
        _gateway.PostAsync("/v1/entries", body);

    private async Task<long> NumberAsync(string body)
    {
        using HttpResponseMessage response = await PostAsync(body);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await TestGateway.ReadJsonAsync(response)).GetProperty("number").GetInt64();
    }

    private async Task<PreviousEpochEnd> EndBeforeAsync(int epoch)
    {
        JsonElement shown = await _gateway.GetJsonAsync(
            string.Create(CultureInfo.InvariantCulture, $"/v1/epochs/{epoch}"));
        byte[] bytes = shown.GetProperty("statement").GetBytesFromBase64();
        Assert.True(EpochStatement.TryParse(bytes, out EpochStatement? statement));
        return statement.Fields.PreviousEnd;
    }

    private async Task UntilAppendedAsync(string body)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            using HttpResponseMessage response = await PostAsync(body);
            if (response.StatusCode == HttpStatusCode.Created) return;
            await Task.Delay(5, patience.Token);
        }
    }

    private async Task<JsonElement> UntilSealedAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            using HttpResponseMessage response =
                await _gateway.Http.GetAsync("/readyz", patience.Token);
            string text = await response.Content.ReadAsStringAsync(patience.Token);
            if (text.Contains("epoch-sealed", StringComparison.Ordinal))
            {
                return await TestGateway.ReadJsonAsync(response);
            }
            await Task.Delay(5, patience.Token);
        }
    }
}
