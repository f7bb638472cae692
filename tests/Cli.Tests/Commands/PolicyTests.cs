using System.Text;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Tests.Log;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli.Tests.Commands;

public sealed class PolicyTests : IAsyncLifetime, IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(3);
    private readonly CommandRun _run = new();
    private TestGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _log.OpenEpoch();
        _log.Append();
        _gateway = await TestGateway.StartAsync(_log);
        _run.Environment["SEQUENCER_URL"] = _gateway.Url.ToString();
        _run.Write("root.der", TestLog.Root.Der.ToArray());
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    public void Dispose()
    {
        _run.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task What_is_made_on_first_use_pins_the_log_and_verifies_its_receipts()
    {
        CommandResult result = await MakeAsync();
        result.IsGood();
        Assert.True(TrustPolicy.TryParse(_run.Read("policy.json"), out TrustPolicy? policy, out _));
        Assert.Equal(_log.Policy.LogId, policy.LogId);
        Assert.Equal(_log.Configuration.Text, policy.Configuration.Text);
        Assert.Equal(
            _log.Policy.Measurements.Single().Measurements.Pcrs[0].ToArray(),
            policy.Measurements.Single().Measurements.Pcrs[0].ToArray());
        Assert.True(policy.HasInsecureDevelopmentRoots);
        Assert.Contains("first use", result.Error, StringComparison.OrdinalIgnoreCase);
        _run.Write("1.json", _log.Receipt(1).Encode());
        (await _run.RunAsync("verify", "1.json", "--policy", "policy.json")).IsGood();
    }

    [Fact]
    public async Task A_simulated_enclave_is_refused_under_the_root_of_aws()
    {
        CommandResult result = await _run.RunAsync("policy", "-o", "policy.json");
        result.IsRefused();
        Assert.Contains("--insecure-development-root", result.Error, StringComparison.Ordinal);
        Assert.False(_run.Has("policy.json"));
    }

    [Fact]
    public async Task Published_measurements_that_do_not_match_make_no_policy()
    {
        var another = new MeasurementSet(
            "another", Filled(1), Filled(2), Filled(3));
        var published = new TrustPolicy(
            _log.Policy.LogId, _log.Configuration, [new AcceptedMeasurement(another)],
            [TestLog.Root]);
        _run.Write("published.json", published.ToJson());
        (await MakeAsync("--measurements", "published.json")).IsRefused();
        Assert.False(_run.Has("policy.json"));
    }

    [Fact]
    public async Task What_a_build_prints_counts_as_published_measurements()
    {
        var pcrs = _log.Policy.Measurements.Single().Measurements.Pcrs;
        string[] hex = [.. pcrs.Values.Select(p => Convert.ToHexStringLower(p.Span))];
        _run.Write("image.json", Encoding.UTF8.GetBytes(
            $$"""
            {"Measurements":{"HashAlgorithm":"Sha384 { ... }",
             "PCR0":"{{hex[0]}}","PCR1":"{{hex[1]}}","PCR2":"{{hex[2]}}"} }
            """));
        CommandResult result = await MakeAsync("--measurements", "image.json");
        result.IsGood();
        Assert.DoesNotContain("first use", result.Error, StringComparison.OrdinalIgnoreCase);
        _run.Write("zero.json", Encoding.UTF8.GetBytes(
            $$"""{"name":"zero","pcr0":"{{new string('0', 96)}}","pcr1":"","pcr2":""}"""));
        (await MakeAsync("--measurements", "zero.json", "--force")).IsUnusable();
    }

    [Fact]
    public async Task An_image_that_only_a_forged_old_epoch_presents_is_not_pinned()
    {
        TestEpoch old = _log.Epochs[0];
        byte[] right = old.Document;
        // A document of another image, whose signature is of the right one.
        byte[] forged = TestEpoch.MakeDocument(
            old.Statement, d => d.Pcrs[0] = (0, Filled(0x66)));
        forged[^1] ^= 1;
        old.Document = forged;
        CommandResult result = await MakeAsync();
        old.Document = right;
        result.IsRefused();
        Assert.Contains("Epoch 0", result.Error, StringComparison.Ordinal);
        Assert.False(_run.Has("policy.json"));
    }

    [Fact]
    public async Task A_policy_that_is_there_is_replaced_on_demand_only()
    {
        _run.Write("policy.json", "mine"u8.ToArray());
        (await MakeAsync()).IsUnusable();
        Assert.Equal("mine"u8.ToArray(), _run.Read("policy.json"));
        (await MakeAsync("--force")).IsGood();
    }

    [Fact]
    public async Task A_checkpoint_that_does_not_hold_makes_no_policy()
    {
        _gateway.Edit = (path, body) =>
        {
            if (path.Contains("receipt", StringComparison.Ordinal)
                || path.Contains("checkpoint", StringComparison.Ordinal))
            {
                body[^40] ^= 1;
            }
            return body;
        };
        (await MakeAsync()).IsRefused();
        Assert.False(_run.Has("policy.json"));
    }

    private Task<CommandResult> MakeAsync(params string[] more) => _run.RunAsync(
        ["policy", "--insecure-development-root", "root.der", "-o", "policy.json", .. more]);

    private static byte[] Filled(byte value) => [.. Enumerable.Repeat(value, 48)];
}
