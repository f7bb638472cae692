using System.Text.Json;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Cli.Tests.Commands;

public sealed class VerifyTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(3);
    private readonly CommandRun _run = new();

    public VerifyTests()
    {
        _run.Write("policy.json", _log.Policy.ToJson());
        _run.Write("1.json", _log.Receipt(1).Encode());
    }

    public void Dispose()
    {
        _run.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task A_good_receipt_ends_with_0_and_lists_every_rule()
    {
        CommandResult result = await _run.RunAsync("verify", "1.json", "--policy", "policy.json");
        result.IsGood();
        Assert.Contains("✓ attestation", result.Output, StringComparison.Ordinal);
        Assert.Contains("✓ record-inclusion", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("✗", result.Output, StringComparison.Ordinal);
        Assert.Contains("development root", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tlog_proof_is_as_good_as_the_json()
    {
        Assert.True(ReceiptTlogProof.TryEncode(_log.Receipt(2), out byte[]? proof));
        _run.Write("2.tlog-proof", proof);
        (await _run.RunAsync("verify", "2.tlog-proof", "--policy", "policy.json")).IsGood();
    }

    [Fact]
    public async Task Without_a_policy_nothing_is_verified_and_the_option_is_named()
    {
        CommandResult result = await _run.RunAsync("verify", "1.json");
        result.IsUnusable();
        Assert.Contains("--policy", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task The_environment_can_name_the_policy()
    {
        _run.Environment["SEQUENCER_POLICY"] = "policy.json";
        (await _run.RunAsync("verify", "1.json")).IsGood();
    }

    [Fact]
    public async Task The_policy_of_another_log_refuses_with_what_was_expected_and_found()
    {
        using var other = new TestLog(cellsMax: 7);
        other.OpenEpoch();
        _run.Write("other.json", other.Policy.ToJson());
        CommandResult result = await _run.RunAsync("verify", "1.json", "--policy", "other.json");
        result.IsRefused();
        Assert.Contains("✗ log-id", result.Output, StringComparison.Ordinal);
        Assert.Contains(other.Policy.LogId.ToHex(), result.Output, StringComparison.Ordinal);
        Assert.Contains(_log.Policy.LogId.ToHex(), result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_payload_counts_where_it_is_given()
    {
        _run.Write("right", "payload"u8.ToArray());
        _run.Write("wrong", "payloaD"u8.ToArray());
        string[] verify = ["verify", "1.json", "--policy", "policy.json", "--payload"];
        (await _run.RunAsync([.. verify, "right"])).IsGood();
        CommandResult result = await _run.RunAsync([.. verify, "wrong"]);
        result.IsRefused();
        Assert.Contains("✗ payload", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Broken_receipts_are_refused_and_never_crash()
    {
        byte[] good = _log.Receipt(1).Encode();
        byte[] flipped = [.. good];
        flipped[^20] ^= 1;
        _run.Write("empty.json", []);
        _run.Write("short.json", good[..^2]);
        _run.Write("flipped.json", flipped);
        _run.Write("noise.json", [0, 255, 27, 91, 50, 74]);
        foreach (string name in new[] { "empty.json", "short.json", "flipped.json", "noise.json" })
        {
            CommandResult result = await _run.RunAsync("verify", name, "--policy", "policy.json");
            result.IsRefused();
        }
    }

    [Fact]
    public async Task One_bad_receipt_among_good_ones_is_enough_to_refuse()
    {
        _run.Write("bad.json", "{}"u8.ToArray());
        CommandResult result = await _run.RunAsync(
            "verify", "1.json", "bad.json", "--policy", "policy.json", "--json");
        result.IsRefused();
        JsonElement[] receipts = [.. result.Json.GetProperty("receipts").EnumerateArray()];
        Assert.Equal(
            [("1.json", true), ("bad.json", false)],
            receipts.Select(r => (
                r.GetProperty("file").GetString(), r.GetProperty("good").GetBoolean())));
    }

    [Fact]
    public async Task Json_names_what_is_proven_and_every_check()
    {
        CommandResult result =
            await _run.RunAsync("verify", "1.json", "--policy", "policy.json", "--json");
        result.IsGood();
        JsonElement receipt = result.Json.GetProperty("receipts")[0];
        Assert.Equal(1, receipt.GetProperty("number").GetInt32());
        Assert.Equal(_log.Policy.LogId.ToHex(), receipt.GetProperty("log_id").GetString());
        Assert.True(receipt.GetProperty("insecure_development_root").GetBoolean());
        Assert.False(receipt.GetProperty("payload_checked").GetBoolean());
        var results = receipt.GetProperty("checks").EnumerateArray().ToDictionary(
            c => c.GetProperty("rule").GetString()!, c => c.GetProperty("result").GetString());
        Assert.Equal("passed", results["ecdsa"]);
        Assert.Equal("passed", results["record-inclusion"]);
        Assert.Equal("not_checked", results["payload"]);
    }

    [Fact]
    public async Task What_cannot_be_read_is_one_line_and_2()
    {
        _run.Write("half.json", """{"format":"sequencer-trust-policy/v1"}"""u8.ToArray());
        foreach (string[] arguments in new string[][]
        {
            ["verify", "missing.json", "--policy", "policy.json"],
            ["verify", ".", "--policy", "policy.json"],
            ["verify", "1.json", "--policy", "missing.json"],
            ["verify", "1.json", "--policy", "half.json"],
            ["verify", "1.json", "--policy"],
            ["verify"],
            ["verfy"],
        })
        {
            CommandResult result = await _run.RunAsync(arguments);
            result.IsUnusable();
            Assert.StartsWith(
                "sequencer: ", result.Error.Split('\n').First(l => !l.Contains("development root")),
                StringComparison.Ordinal);
        }
        CommandResult half = await _run.RunAsync("verify", "1.json", "--policy", "half.json");
        Assert.Contains("log_id", half.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verifying_asks_nobody()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(_log);
        _run.Environment["SEQUENCER_URL"] = gateway.Url.ToString();
        _run.Environment["HTTP_PROXY"] = gateway.Url.ToString();
        (await _run.RunAsync("verify", "1.json", "--policy", "policy.json")).IsGood();
        Assert.Empty(gateway.Requests);
    }
}
