using System.Text.Json;
using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Cli.Tests.Commands;

public sealed class AuditTests : IDisposable
{
    // More than one bundle, so that a full and a partial tile are read.
    private readonly TestLog _log = TestLog.WithEntries(300);
    private readonly CommandRun _run = new();

    public AuditTests() => _run.Write("policy.json", _log.Policy.ToJson());

    public void Dispose()
    {
        _run.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task A_right_log_is_good_over_http()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(_log);
        CommandResult result = await AuditAsync(gateway.Url.ToString());
        result.IsGood();
        JsonElement report = result.Json;
        Assert.True(report.GetProperty("good").GetBoolean());
        Assert.Equal(301, report.GetProperty("records").GetInt32());
        Assert.Equal(300, report.GetProperty("entries").GetInt32());
        Assert.Equal(1, report.GetProperty("epochs").GetInt32());
        Assert.Equal(_log.RootAt(301).ToHex(), report.GetProperty("root").GetString());
        Assert.Empty(report.GetProperty("faults").EnumerateArray());
        Assert.Contains(gateway.Requests, path => path == "/v1/tile/0/000");
    }

    [Fact]
    public async Task A_log_cut_back_below_a_held_receipt_is_refused()
    {
        _run.Write("held.json", _log.Receipt(7).Encode());
        await using TestGateway gateway = await TestGateway.StartAsync(_log);
        string url = gateway.Url.ToString();
        (await AuditAsync(url, "--held", "held.json")).IsGood();
        _log.CutTo(200);
        (await AuditAsync(url)).IsGood();
        CommandResult result = await AuditAsync(url, "--held", "held.json");
        result.IsRefused();
        Assert.Equal(
            "held-head", result.Json.GetProperty("faults")[0].GetProperty("rule").GetString());
    }

    [Fact]
    public async Task Evidence_of_a_fork_is_written_and_proves_it_to_who_has_a_policy()
    {
        _run.Write("held.json", _log.Receipt(7).Encode());
        _log.CutTo(200);
        await using TestGateway gateway = await TestGateway.StartAsync(_log);
        string url = gateway.Url.ToString();
        string[] holding = ["--held", "held.json", "--evidence", "evidence.json"];
        (await AuditAsync(url, holding)).IsRefused();
        Assert.False(_run.Has("evidence.json"));

        for (int i = 0; i < 200; i++) _log.Append("another");
        (await AuditAsync(url, holding)).IsRefused();
        Assert.True(_run.Has("evidence.json"));

        CommandResult result =
            await _run.RunAsync("verify", "evidence.json", "--policy", "policy.json");
        result.IsGood();
        Assert.Contains("PROVEN", result.Output, StringComparison.Ordinal);
        Assert.Contains("one epoch signed two histories", result.Output, StringComparison.Ordinal);
        result = await _run.RunAsync(
            "verify", "evidence.json", "--policy", "policy.json", "--json");
        Assert.Equal("fork", result.Json.GetProperty("verdict").GetString());
        Assert.Equal("one_epoch", result.Json.GetProperty("signed_by").GetString());
        (await _run.RunAsync("inspect", "evidence.json")).IsGood();

        using TestLog other = TestLog.WithEntries(1);
        _run.Write("other.json", other.Policy.ToJson());
        result = await _run.RunAsync("verify", "evidence.json", "--policy", "other.json");
        result.IsRefused();
        Assert.Contains("accuses nobody", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_wrong_byte_of_a_bundle_is_found_over_http()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(_log);
        gateway.Edit = (path, body) =>
        {
            if (path != "/v1/tile/entries/000") return body;
            byte[] edited = [.. body];
            edited[^30] ^= 1;
            return edited;
        };
        CommandResult result = await AuditAsync(gateway.Url.ToString());
        result.IsRefused();
        Assert.Contains(
            "tile",
            result.Json.GetProperty("faults").EnumerateArray()
                .Select(f => f.GetProperty("rule").GetString()));
    }

    [Fact]
    public async Task A_bundle_that_is_not_there_is_a_fault_with_its_numbers()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(_log);
        gateway.Refuse = path => path == "/v1/tile/entries/000"
            ? (404, """{"type":"urn:sequencer:problem:not-found"}""")
            : null;
        CommandResult result = await AuditAsync(gateway.Url.ToString());
        result.IsRefused();
        Assert.True(result.Json.GetProperty("fault_counts").GetProperty("missing").GetInt64() > 0);
    }

    [Fact]
    public async Task A_directory_is_audited_where_it_lies()
    {
        using var directory = new TestLogDirectory(_log);
        CommandResult result = await AuditAsync(directory.Folder);
        result.IsGood();
        Assert.Equal(301, result.Json.GetProperty("records").GetInt32());
        TestLogDirectory.Flip(directory.FirstSegment, directory.FrameOffsets[150] + 60);
        (await AuditAsync(directory.Folder)).IsRefused();
    }

    [Fact]
    public async Task A_directory_of_an_unknown_version_is_refused()
    {
        using var directory = new TestLogDirectory(_log);
        await File.WriteAllTextAsync(
            Path.Combine(directory.Folder, "format"), "sequencer-store/v2\n");
        CommandResult result = await AuditAsync(directory.Folder);
        result.IsRefused();
        JsonElement fault = result.Json.GetProperty("faults")[0];
        Assert.Equal("format", fault.GetProperty("place").GetString());
        Assert.Equal("sequencer-store/v1", fault.GetProperty("expected").GetString());
    }

    [Fact]
    public async Task People_read_the_faults_and_a_summary()
    {
        using var directory = new TestLogDirectory(_log);
        TestLogDirectory.Flip(directory.Payloads, 500);
        CommandResult result =
            await _run.RunAsync("audit", directory.Folder, "--policy", "policy.json");
        result.IsRefused();
        Assert.Contains("✗ payload", result.Output, StringComparison.Ordinal);
        Assert.Contains("301 records", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_audited_ends_with_2()
    {
        (await AuditAsync("http://127.0.0.1:1")).IsUnusable();
        (await AuditAsync(Path.Combine(_run.Folder, "nowhere"))).IsUnusable();
        (await AuditAsync(_run.Folder)).IsUnusable();
        CommandResult result = await _run.RunAsync("audit", _run.Folder);
        result.IsUnusable();
        Assert.Contains("--policy", result.Error, StringComparison.Ordinal);
    }

    private Task<CommandResult> AuditAsync(string log, params string[] more) =>
        _run.RunAsync(["audit", log, "--policy", "policy.json", "--json", .. more]);
}
