using System.Text;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli.Tests.Commands;

/// <summary>The measurements of an image where a policy is asked for.</summary>
public sealed class MeasurementsTests : IDisposable
{
    private const string NotPinned = "is not pinned";

    private readonly TestLog _log = TestLog.WithEntries(3);
    private readonly CommandRun _run = new();

    public MeasurementsTests()
    {
        _run.Write("measurements.json", _log.Policy.Images.ToJson());
        _run.Write("1.json", _log.Receipt(1).Encode());
    }

    private string LogId => _log.Policy.LogId.ToHex();

    public void Dispose()
    {
        _run.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task A_receipt_of_the_image_is_good_and_the_log_is_said_not_to_be_pinned()
    {
        CommandResult result = await VerifyAsync("1.json");
        result.IsGood();
        Assert.Contains("✓ attestation", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("✓ log-id", result.Output, StringComparison.Ordinal);
        Assert.Contains(
            $"any log of this image: log id {LogId}", result.Output, StringComparison.Ordinal);
        Assert.Contains(NotPinned, result.Output, StringComparison.Ordinal);
        CommandResult json = await VerifyAsync("1.json", "--json");
        Assert.False(json.Json.GetProperty("receipts")[0].GetProperty("log_pinned").GetBoolean());
    }

    [Fact]
    public async Task Receipts_of_two_logs_of_one_image_are_both_good()
    {
        using var other = new TestLog(cellsMax: 7);
        other.OpenEpoch();
        other.Append();
        _run.Write("2.json", other.Receipt(1).Encode());
        CommandResult result = await VerifyAsync("1.json", "2.json");
        result.IsGood();
        Assert.Contains(other.Policy.LogId.ToHex(), result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_image_is_refused_with_both_measurements()
    {
        string measurements = Encoding.UTF8.GetString(_log.Policy.Images.ToJson());
        var pcr0 = _log.Policy.Measurements[0].Measurements.Pcrs[0];
        string found = Convert.ToHexStringLower(pcr0.Span);
        string expected = new('7', 96);
        _run.Write("measurements.json", Encoding.UTF8.GetBytes(
            measurements.Replace(found, expected, StringComparison.Ordinal)));
        CommandResult result = await VerifyAsync("1.json");
        result.IsRefused();
        Assert.Contains($"expected  PCR0 {expected}", result.Output, StringComparison.Ordinal);
        Assert.Contains($"found     {found}", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Broken_receipts_are_refused_all_the_same()
    {
        byte[] flipped = _log.Receipt(1).Encode();
        flipped[^20] ^= 1;
        _run.Write("flipped.json", flipped);
        _run.Write("empty.json", []);
        (await VerifyAsync("flipped.json")).IsRefused();
        (await VerifyAsync("empty.json")).IsRefused();
    }

    [Fact]
    public async Task The_document_of_another_statement_does_not_vouch_for_a_receipt()
    {
        // The log of a receipt is taken from its statement, so the statement must be the attested.
        using var other = new TestLog(cellsMax: 7);
        other.OpenEpoch();
        _log.Epochs[0].Document = other.Epochs[0].Document;
        _run.Write("mixed.json", _log.Receipt(1).Encode());
        CommandResult result = await VerifyAsync("mixed.json");
        result.IsRefused();
        Assert.Contains("✗ epoch-statement", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_is_audited_and_a_receipt_is_fetched()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(_log);
        string url = gateway.Url.ToString();
        CommandResult audit =
            await _run.RunAsync("audit", url, "--policy", "measurements.json", "--held", "1.json");
        audit.IsGood();
        Assert.Contains(NotPinned, audit.Error, StringComparison.Ordinal);
        CommandResult get = await _run.RunAsync(
            "get", "1", "--receipt", "--url", url, "--policy", "measurements.json");
        get.IsGood();
        Assert.Contains("verified", get.Error, StringComparison.Ordinal);
        Assert.Contains(LogId, get.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_held_receipt_of_another_log_of_the_image_holds_nothing_against_this_one()
    {
        using var other = new TestLog(cellsMax: 7);
        other.OpenEpoch();
        other.Append();
        _run.Write("other.json", other.Receipt(1).Encode());
        await using TestGateway gateway = await TestGateway.StartAsync(_log);
        CommandResult audit = await _run.RunAsync(
            "audit", gateway.Url.ToString(), "--policy", "measurements.json", "--held", "other.json");
        audit.IsUnusable();
    }

    [Fact]
    public async Task A_policy_is_made_with_them_and_pins_the_log()
    {
        await using TestGateway gateway = await TestGateway.StartAsync(_log);
        _run.Write("root.der", TestLog.Root.Der.ToArray());
        CommandResult result = await _run.RunAsync(
            "policy", "--url", gateway.Url.ToString(), "--measurements", "measurements.json",
            "--insecure-development-root", "root.der", "-o", "policy.json");
        result.IsGood();
        Assert.DoesNotContain("first use", result.Error, StringComparison.OrdinalIgnoreCase);
        Assert.True(TrustPolicy.TryParse(_run.Read("policy.json"), out TrustPolicy? policy, out _));
        Assert.Equal(LogId, policy.LogId.ToHex());
    }

    [Fact]
    public async Task Inspect_shows_them()
    {
        CommandResult result = await _run.RunAsync("inspect", "measurements.json", "--json");
        result.IsGood();
        Assert.Equal(
            "Measurements of an image", result.Json.GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Faults_name_the_member_of_the_format_that_was_meant()
    {
        string json = Encoding.UTF8.GetString(_log.Policy.Images.ToJson());
        _run.Write("measurements.json", Encoding.UTF8.GetBytes(
            json.Replace("\"pcr1\"", "\"pcr7\"", StringComparison.Ordinal)));
        CommandResult result = await VerifyAsync("1.json");
        result.IsUnusable();
        Assert.Contains("measurements[0].pcr7: unknown member", result.Error, StringComparison.Ordinal);
        _run.Write("measurements.json", Encoding.UTF8.GetBytes(json.Replace(
            "measurements/v1\"", $"measurements/v1\",\"log_id\":\"{LogId}\"", StringComparison.Ordinal)));
        CommandResult pinned = await VerifyAsync("1.json");
        pinned.IsUnusable();
        Assert.Contains("log_id", pinned.Error, StringComparison.Ordinal);
    }

    private Task<CommandResult> VerifyAsync(params string[] more) =>
        _run.RunAsync(["verify", "--policy", "measurements.json", .. more]);
}
