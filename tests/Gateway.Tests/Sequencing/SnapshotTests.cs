using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Sequencer.Attestation.Auditing;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Tests.Link;

namespace Sequencer.Gateway.Tests.Sequencing;

/// <summary>The whole gateway with snapshots, and the enclaves that begin at them.</summary>
public sealed class SnapshotTests : IAsyncLifetime
{
    private const ulong Every = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestGateway _gateway = new();
    private readonly LogLines _log = new(LogLevel.Information);
    private TestEnclave? _enclave;
    private FakeMonitor? _monitor;

    private string Folder => Path.Combine(_gateway.DataDirectory, "snapshots");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _gateway.StopAsync();
        if (_monitor is not null) await _monitor.DisposeAsync();
        if (_enclave is not null) await _enclave.DisposeAsync();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task The_next_enclave_begins_at_the_newest_snapshot_and_knows_what_was_before()
    {
        await StartAsync();
        // Numbers 5, 10 and 15 are snapshots.
        for (int i = 0; i < 12; i++) await AppendAsync(i);
        await UntilFileAsync(15);
        JsonElement snapshot = await _gateway.GetJsonAsync("/v1/entries/15");
        Assert.Equal("snapshot", snapshot.GetProperty("kind").GetString());
        Assert.False(snapshot.TryGetProperty("payload_digest", out _));
        Assert.Equal(
            HttpStatusCode.OK, (await _gateway.Http.GetAsync("/v1/entries/15/receipt")).StatusCode);
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await _gateway.Http.GetAsync("/v1/entries/15/payload")).StatusCode);

        await ReplaceEnclaveAsync();
        Assert.Contains(_log.Lines, l => l.Contains("begins at snapshot 15:", StringComparison.Ordinal));
        // A key from before the snapshot has its number, a stream its version.
        Assert.Equal(1, await AppendAsync(0));
        Assert.Equal(3, await AppendAsync(2));
        using HttpResponseMessage stream = await _gateway.PostAsync(
            "/v1/entries?stream=s0", "next", "text/plain", ("If-Match", "\"6\""));
        Assert.Equal(HttpStatusCode.Created, stream.StatusCode);
        AuditReport report = await _gateway.AuditAsync();
        Assert.Equal((2u, 2u), (report.Epochs, report.Cells));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("cut")]
    [InlineData("flipped")]
    [InlineData("of another snapshot")]
    public async Task A_content_that_is_missing_or_damaged_is_computed_anew(string damage)
    {
        await StartAsync();
        for (int i = 0; i < 5; i++) await AppendAsync(i);
        await UntilFileAsync(5);
        byte[] older = await File.ReadAllBytesAsync(Path.Combine(Folder, "5"));
        for (int i = 5; i < 12; i++) await AppendAsync(i);
        string path = await UntilFileAsync(15);
        byte[] content = await File.ReadAllBytesAsync(path);
        File.Delete(path);
        if (damage == "cut") await File.WriteAllBytesAsync(path, content[..^1]);
        if (damage == "flipped") await File.WriteAllBytesAsync(path, [.. content[..^1], 9]);
        if (damage == "of another snapshot") await File.WriteAllBytesAsync(path, older);
        await ReplaceEnclaveAsync();

        Assert.Contains(_log.Lines, l => l.Contains("begins at snapshot 15:", StringComparison.Ordinal));
        Assert.Equal(
            damage != "missing",
            _log.Lines.Any(l => l.Contains("snapshot 15 is damaged", StringComparison.Ordinal)));
        Assert.Equal(content, await File.ReadAllBytesAsync(path));
        Assert.Equal(3, await AppendAsync(2));
        await _gateway.AuditAsync();
    }

    [Fact]
    public async Task A_gateway_that_ended_before_it_wrote_the_content_computes_it_at_its_start()
    {
        await StartAsync();
        for (int i = 0; i < 5; i++) await AppendAsync(i);
        string path = await UntilFileAsync(5);
        byte[] content = await File.ReadAllBytesAsync(path);
        await _gateway.StopAsync();
        File.Delete(path);
        await _enclave!.DisposeAsync();
        _enclave = new TestEnclave(_gateway.SocketPath);
        await StartGatewayAsync();
        Assert.Equal(content, await File.ReadAllBytesAsync(path));
        Assert.Equal(3, await AppendAsync(2));
        await _gateway.AuditAsync();
    }

    [Fact]
    public async Task A_content_that_cannot_be_written_leaves_the_full_replay()
    {
        await StartAsync();
        // A file where the folder has to be.
        await File.WriteAllBytesAsync(Folder, []);
        for (int i = 0; i < 6; i++) await AppendAsync(i);
        await ReplaceEnclaveAsync();
        Assert.Contains(_log.Lines, l => l.Contains("begins at record 0:", StringComparison.Ordinal));
        Assert.Equal(3, await AppendAsync(2));
        await _gateway.AuditAsync();
    }

    [Fact]
    public async Task A_snapshot_whose_answer_was_lost_is_had_at_the_next_connection()
    {
        await StartBehindMonitorAsync();
        _monitor!.CutAtAnswerTo(LinkMessage.Snapshot);
        for (int i = 0; i < 4; i++) await AppendAsync(i);
        await UntilFileAsync(5);
        Assert.Equal(1u, (await _gateway.AuditAsync()).Epochs);
    }

    [Fact]
    public async Task Without_the_setting_there_are_none()
    {
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.StartAgainAsync();
        await _gateway.WaitForReadinessAsync();
        for (int i = 0; i < 12; i++) await AppendAsync(i);
        Assert.Equal(13ul, (await _gateway.AuditAsync()).Records);
    }

    [Fact]
    public async Task A_gateway_that_ended_in_order_reads_nothing_again()
    {
        await StartAsync();
        for (int i = 0; i < 7; i++) await AppendAsync(i);
        await _gateway.StopAsync();
        Assert.True(File.Exists(Path.Combine(_gateway.DataDirectory, "index", "mark")));
        await StartGatewayAsync();
        for (int i = 0; i < 7; i++) Assert.InRange(await AppendAsync(i), 1, 8);
        await _gateway.AssertReceiptVerifiesAsync(2, "entry 1"u8.ToArray());
        await _gateway.AuditAsync();
    }

    private async Task StartAsync()
    {
        _enclave = new TestEnclave(_gateway.SocketPath);
        await StartGatewayAsync();
    }

    private async Task StartGatewayAsync(EnclaveEndpoint? endpoint = null)
    {
        await _gateway.StartAgainAsync(settings => settings with
        {
            SnapshotRecords = Every,
            Enclave = endpoint ?? settings.Enclave,
        });
        _gateway.LogTo(_log);
        await _gateway.WaitForReadinessAsync();
    }

    private async Task StartBehindMonitorAsync()
    {
        string enclave = _gateway.SocketPath + ".enclave";
        _enclave = new TestEnclave(enclave);
        _monitor = new FakeMonitor(_gateway.SocketPath, enclave);
        string text = $"hybrid:{_gateway.SocketPath}:{FakeMonitor.Port}";
        Assert.True(EnclaveEndpoint.TryParse(text, out EnclaveEndpoint? endpoint, out _));
        await StartGatewayAsync(endpoint);
    }

    private async Task ReplaceEnclaveAsync()
    {
        await _enclave!.DisposeAsync();
        await _gateway.WaitForReadinessAsync(HttpStatusCode.ServiceUnavailable);
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
    }

    /// <summary>An entry with a key of its own, in one of two streams; gives its number.</summary>
    private async Task<long> AppendAsync(int i)
    {
        using HttpResponseMessage response = await _gateway.PostAsync(
            $"/v1/entries?stream=s{i % 2}", $"entry {i}", "text/plain",
            ("Idempotency-Key", i.ToString(CultureInfo.InvariantCulture)));
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}");
        return (await TestGateway.ReadJsonAsync(response)).GetProperty("number").GetInt64();
    }

    /// <summary>Waits for the content of a snapshot.</summary>
    private async Task<string> UntilFileAsync(ulong number)
    {
        string path = Path.Combine(Folder, number.ToString(CultureInfo.InvariantCulture));
        using var patience = new CancellationTokenSource(Patience);
        while (!File.Exists(path)) await Task.Delay(5, patience.Token);
        return path;
    }
}
