using System.Diagnostics;
using System.Text.Json;
using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Cli.Tests.Commands;

public sealed class ReadTests : IAsyncLifetime, IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(3);
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
    public async Task Get_takes_a_record_apart()
    {
        CommandResult text = await _run.RunAsync("get", "2");
        text.IsGood();
        Assert.Contains("stream 1", text.Output, StringComparison.Ordinal);
        JsonElement json = (await _run.RunAsync("get", "2", "--json")).Json;
        Assert.Equal(2, json.GetProperty("number").GetInt32());
        Assert.Equal("entry", json.GetProperty("kind").GetString());
        Assert.Equal("stream 1", json.GetProperty("stream").GetString());
        Assert.Equal(7, json.GetProperty("payload_length").GetInt32());
        JsonElement genesis = (await _run.RunAsync("get", "0", "--json")).Json;
        Assert.Equal("statement", genesis.GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Stream_reads_a_stream_and_lists_them()
    {
        CommandResult text = await _run.RunAsync("stream", "stream 1");
        text.IsGood();
        Assert.Contains("stream 1@1", text.Output, StringComparison.Ordinal);
        JsonElement json = (await _run.RunAsync("stream", "stream 1", "--json")).Json;
        Assert.Equal("payload", json.GetProperty("payload").GetString());
        CommandResult list = await _run.RunAsync("stream", "--limit", "2");
        list.IsGood();
        Assert.Contains("stream 0", list.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("stream 2", list.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await _run.RunAsync("stream", "--from", "1")).ExitCode);
        Assert.Equal(2, (await _run.RunAsync("stream", "a", "--category", "b")).ExitCode);
    }

    [Fact]
    public async Task Stream_refuses_an_entry_of_another_stream()
    {
        _gateway.Edit = (path, body) => path.Contains("/streams/", StringComparison.Ordinal)
            ? System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(body)
                .Replace("stream 1", "stream 2", StringComparison.Ordinal))
            : body;
        CommandResult result = await _run.RunAsync("stream", "stream 1");
        Assert.NotEqual(0, result.ExitCode);
    }

    [Fact]
    public async Task Get_writes_a_payload_as_it_is()
    {
        CommandResult result = await _run.RunAsync("get", "1", "--payload");
        result.IsGood();
        Assert.Equal("payload"u8.ToArray(), result.Bytes);
    }

    [Fact]
    public async Task Get_refuses_a_payload_that_is_not_the_recorded_one()
    {
        _gateway.Edit = (path, body) =>
            path.EndsWith("/payload", StringComparison.Ordinal) ? "payloaD"u8.ToArray() : body;
        CommandResult result = await _run.RunAsync("get", "1", "--payload");
        result.IsRefused();
        Assert.Empty(result.Bytes);
    }

    [Fact]
    public async Task Get_writes_a_receipt_that_verifies()
    {
        CommandResult result = await _run.RunAsync("get", "1", "--receipt");
        result.IsGood();
        _run.Write("1.json", result.Bytes);
        (await _run.RunAsync("verify", "1.json", "--policy", "policy.json")).IsGood();
    }

    [Fact]
    public async Task Get_with_a_policy_refuses_a_receipt_of_another_number()
    {
        _gateway.Edit = (path, body) =>
            path.Contains("/receipt", StringComparison.Ordinal) ? _log.Receipt(2).Encode() : body;
        CommandResult result =
            await _run.RunAsync("get", "1", "--receipt", "--policy", "policy.json");
        result.IsRefused();
        Assert.Empty(result.Bytes);
    }

    [Fact]
    public async Task Get_says_when_there_is_no_such_record()
    {
        CommandResult result = await _run.RunAsync("get", "99");
        result.IsRefused();
        Assert.Contains("not-found", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_no_answer_is_one_line()
    {
        _gateway.Edit = (_, _) => "<html>\u001b[2J"u8.ToArray();
        CommandResult result = await _run.RunAsync("get", "1");
        Assert.NotEqual(0, result.ExitCode);
        Assert.StartsWith("sequencer: ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Error);
    }

    [Fact]
    public async Task Tail_ends_at_its_limit()
    {
        CommandResult result =
            await _run.RunAsync("tail", "--from", "1", "--limit", "2", "--json");
        result.IsGood();
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([1, 2], lines.Select(Number));
    }

    [Fact]
    public async Task A_seal_is_shown_as_one()
    {
        ulong seal = _log.Seal();
        _log.OpenEpoch();
        CommandResult tail = await _run.RunAsync("tail", "--from", $"{seal}", "--no-follow");
        tail.IsGood();
        Assert.Contains("  seal", tail.Output, StringComparison.Ordinal);
        Assert.Contains("  epoch statement", tail.Output, StringComparison.Ordinal);
        CommandResult get = await _run.RunAsync("get", $"{seal}", "--json");
        Assert.Equal("seal", get.Json.GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Tail_follows_what_is_appended_and_ends_cleanly_on_ctrl_c()
    {
        using Process tail = _run.Start("tail", "--from", "3", "--json");
        try
        {
            Assert.Equal(3, Number((await tail.StandardOutput.ReadLineAsync())!));
            lock (_log) _log.Append("later");
            Assert.Equal(4, Number((await tail.StandardOutput.ReadLineAsync())!));
            using (Process kill = Process.Start("bash", ["-c", $"kill -INT {tail.Id}"]))
            {
                await kill.WaitForExitAsync();
            }
            string error = await tail.StandardError.ReadToEndAsync();
            await tail.WaitForExitAsync();
            Assert.Equal(0, tail.ExitCode);
            Assert.Empty(error);
        }
        finally
        {
            if (!tail.HasExited) tail.Kill();
        }
    }

    [Fact]
    public async Task Tail_with_a_policy_verifies_and_keeps_how_far_it_came()
    {
        string[] tail =
            ["tail", "--policy", "policy.json", "--position", "position", "--from", "0", "--json"];
        CommandResult first = await _run.RunAsync([.. tail, "--limit", "2"]);
        first.IsGood();
        Assert.Equal([0, 1], Lines(first).Select(Number));
        CommandResult rest = await _run.RunAsync([.. tail, "--no-follow"]);
        rest.IsGood();
        Assert.Equal([2, 3], Lines(rest).Select(Number));
        CommandResult nothing = await _run.RunAsync([.. tail, "--no-follow"]);
        nothing.IsGood();
        Assert.Empty(nothing.Output);
        lock (_log)
        {
            _log.CutTo(2);
            for (int i = 0; i < 4; i++) _log.Append("another history");
        }
        CommandResult lie = await _run.RunAsync([.. tail, "--no-follow"]);
        lie.IsRefused();
        Assert.Contains("chain, record 4", lie.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tail_keeps_no_position_without_a_policy()
    {
        CommandResult result = await _run.RunAsync("tail", "--position", "position");
        Assert.Equal(ExitCodes.Unusable, result.ExitCode);
    }

    private static string[] Lines(CommandResult result) =>
        result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static int Number(string line)
    {
        using JsonDocument json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("number").GetInt32();
    }
}
