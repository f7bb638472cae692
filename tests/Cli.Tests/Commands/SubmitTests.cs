using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Cli.Tests.Commands;

public sealed class SubmitTests : IAsyncLifetime, IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(0);
    private readonly CommandRun _run = new();
    private TestGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync(_log);
        _run.Environment["SEQUENCER_URL"] = _gateway.Url.ToString();
        _run.Write("policy.json", _log.Policy.ToJson());
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    public void Dispose()
    {
        _run.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task Standard_input_becomes_an_entry_with_a_receipt_that_verifies()
    {
        CommandResult result = await _run.RunWithAsync("hi\n"u8.ToArray(), "submit", "-");
        result.IsGood();
        Assert.Contains("1.receipt.json", result.Output, StringComparison.Ordinal);
        // The next step is on the screen, whoever reads it.
        Assert.Contains(
            "sequencer verify 1.receipt.json --policy", result.Output + result.Error,
            StringComparison.Ordinal);
        Assert.Equal("hi\n"u8.ToArray(), _log.Entries[1]!.Payload);
        (await _run.RunAsync("verify", "1.receipt.json", "--policy", "policy.json")).IsGood();
    }

    [Fact]
    public async Task All_that_a_caller_says_of_an_entry_arrives_and_is_verified()
    {
        _run.Write("order.json", "{}"u8.ToArray());
        CommandResult result = await _run.RunAsync(
            "submit", "order.json", "--stream", "orders", "--type", "placed", "--content-type",
            "application/json", "--metadata", "a=1", "--metadata", "b=x=y", "--idempotency-key",
            "order-7", "-o", "kept.json", "--policy", "policy.json", "--json");
        result.IsGood();
        Assert.Equal(1, result.Json.GetProperty("number").GetInt32());
        Assert.Equal("orders", result.Json.GetProperty("stream").GetString());
        Assert.Equal(1, result.Json.GetProperty("version").GetInt32());
        Assert.True(result.Json.GetProperty("verified").GetBoolean());
        Assert.Equal("kept.json", result.Json.GetProperty("receipt").GetString());
        Assert.True(Receipt.TryDecode(_run.Read("kept.json"), out Receipt? receipt, out _));
        Assert.Equal(_log.Entries[1]!.Metadata, receipt.Metadata.ToArray());
    }

    [Fact]
    public async Task A_receipt_of_something_else_is_refused_and_kept_as_evidence()
    {
        using TestLog other = TestLog.WithEntries(2);
        byte[] foreign = other.Receipt(1).Encode();
        _gateway.Edit = (_, body) => ReplaceReceipt(body, foreign[..^1]);
        CommandResult result =
            await _run.RunWithAsync("hi"u8.ToArray(), "submit", "-", "--policy", "policy.json");
        result.IsRefused();
        string kept = Directory.GetFiles(_run.Folder, "*refused*").Single();
        Assert.Equal(foreign, await File.ReadAllBytesAsync(kept));
    }

    [Fact]
    public async Task A_good_receipt_of_another_entry_is_refused_as_well()
    {
        ulong earlier = _log.Append("something else");
        byte[] foreign = _log.Receipt(earlier).Encode();
        _gateway.Edit = (_, body) => ReplaceReceipt(body, foreign[..^1]);
        CommandResult result = await _run.RunWithAsync(
            "something else"u8.ToArray(),
            "submit", "-", "--type", "mine", "--policy", "policy.json");
        result.IsRefused();
    }

    [Fact]
    public async Task An_expected_version_without_its_stream_sends_nothing()
    {
        CommandResult result =
            await _run.RunWithAsync("hi"u8.ToArray(), "submit", "-", "--expect", "1");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--stream", result.Error, StringComparison.Ordinal);
        Assert.Single(_log.Entries);
    }

    [Fact]
    public async Task An_earlier_receipt_is_never_overwritten()
    {
        _run.Write("1.receipt.json", "evidence"u8.ToArray());
        CommandResult result = await _run.RunWithAsync("hi"u8.ToArray(), "submit", "-", "--json");
        result.IsGood();
        Assert.Equal("evidence"u8.ToArray(), _run.Read("1.receipt.json"));
        Assert.True(_run.Has(result.Json.GetProperty("receipt").GetString()!));
    }

    [Fact]
    public async Task A_problem_is_one_line_with_its_stable_name()
    {
        _gateway.Refuse = _ => (412, """
            {"type":"urn:sequencer:problem:version-mismatch","status":412,
             "detail":"The stream orders is at 3.","stream":"orders","expected":7,"actual":3}
            """);
        CommandResult result = await _run.RunWithAsync(
            "hi"u8.ToArray(), "submit", "-", "--stream", "orders", "--expect", "7");
        result.IsRefused();
        Assert.Contains("version-mismatch", result.Error, StringComparison.Ordinal);
        Assert.Contains("is at 3", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task Lines_become_entries_in_their_order()
    {
        _run.Write("lines", "one\ntwo\n\nfour"u8.ToArray());
        CommandResult result = await _run.RunAsync("submit", "lines", "--lines", "--json");
        result.IsGood();
        Assert.Equal(4, result.Json.GetProperty("appended").GetInt32());
        Assert.Equal(
            ["one", "two", "", "four"],
            _log.Entries.Skip(1).Select(e => Encoding.UTF8.GetString(e!.Payload)));
    }

    [Fact]
    public async Task Lines_are_verified_where_there_is_a_policy()
    {
        _run.Write("lines", "one\ntwo\n"u8.ToArray());
        string[] submit = ["submit", "lines", "--lines", "--policy", "policy.json", "--json"];
        CommandResult result = await _run.RunAsync(submit);
        result.IsGood();
        Assert.True(result.Json.GetProperty("verified").GetBoolean());
        // Receipts that hold, of other lines.
        _gateway.Edit = (path, body) =>
            path.Contains("/receipt", StringComparison.Ordinal) ? _log.Receipt(1).Encode() : body;
        (await _run.RunAsync(submit)).IsRefused();
    }

    [Fact]
    public async Task A_busy_gateway_decided_nothing()
    {
        _gateway.Refuse = _ => (503, """{"type":"urn:sequencer:problem:enclave-stopped"}""");
        CommandResult result = await _run.RunWithAsync("hi"u8.ToArray(), "submit", "-");
        result.IsUnusable();
        Assert.Contains("enclave-stopped", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_does_not_run_is_told_with_what_starts_one()
    {
        CommandResult result =
            await _run.RunWithAsync("hi"u8.ToArray(), "submit", "-", "--url", "http://127.0.0.1:1");
        result.IsUnusable();
        Assert.Contains("make run", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_usage_sends_nothing()
    {
        _run.Write("a", [1]);
        _run.Write("b", [2]);
        foreach (string[] arguments in new string[][]
        {
            ["submit", "missing"],
            ["submit", "a", "b", "-o", "one.json"],
            ["submit", "a", "--expect", "7"],
            ["submit", "a", "--stream", "s", "--expect", "seven"],
            ["submit", "a", "--metadata", "novalue"],
            ["submit", "a", "--url", "nonsense"],
            ["submit", "a", "--policy", "a"],
        })
        {
            (await _run.RunAsync(arguments)).IsUnusable();
        }
        _run.Environment["SEQUENCER_URL"] = "nonsense";
        (await _run.RunAsync("submit", "a")).IsUnusable();
        Assert.Empty(_gateway.Requests);
    }

    private static byte[] ReplaceReceipt(byte[] answer, byte[] receipt)
    {
        using JsonDocument json = JsonDocument.Parse(answer);
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            foreach (JsonProperty member in json.RootElement.EnumerateObject())
            {
                writer.WritePropertyName(member.Name);
                if (member.Name != "receipt") member.Value.WriteTo(writer);
                else writer.WriteRawValue(receipt, skipInputValidation: true);
            }
            writer.WriteEndObject();
        }
        return bytes.ToArray();
    }
}
