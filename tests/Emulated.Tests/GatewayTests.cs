using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;
using Sequencer.Enclave.Simulated;
using Sequencer.EndToEnd.Tests;
using Xunit.Abstractions;

namespace Sequencer.Emulated.Tests;

/// <summary>A gateway before the production image: receipts, and what a verifier makes of them.
/// </summary>
public class GatewayTests(ITestOutputHelper output)
{
    [RebuiltFact(Timeout = 600_000)]
    public async Task Receipts_verify_against_the_published_measurements_and_nothing_else()
    {
        var started = Stopwatch.StartNew();
        await using RunningSequencer sequencer =
            await RunningSequencer.StartAsync(folder => EmulatedLaunch.In(folder));
        output.WriteLine(FormattableString.Invariant(
            $"gateway and enclave ready after {started.Elapsed.TotalSeconds:0.0} s"));
        LogVerifier verifier = await sequencer.WritePolicyAsync("--measurements", Built.Measurements);
        Acknowledged entry = (await Acknowledged.TrySubmitAsync(sequencer.Http, "first"))!;
        entry.AssertVerifies(verifier);
        string receipt = Path.Combine(sequencer.Folder, "receipt.json");
        await File.WriteAllBytesAsync(receipt, entry.Receipt);

        (int code, string said) = await VerifyAsync(sequencer, receipt, sequencer.PolicyFile);
        output.WriteLine(said);
        Assert.True(code == 0, said);
        (code, said) = await sequencer.RunAsync(
            "audit", sequencer.Url.ToString(), "--policy", sequencer.PolicyFile);
        Assert.True(code == 0, said);

        await RefusesAnotherImageAsync(sequencer, receipt);
        await RefusesAnotherRootAsync(sequencer, receipt);
        await RefusesAStaleNonceAsync(sequencer, verifier);
    }

    [EmulatedFact]
    public async Task An_enclave_in_debug_mode_opens_no_epoch()
    {
        await using RunningSequencer sequencer =
            RunningSequencer.StartUnready(folder => EmulatedLaunch.In(folder, "--debug-mode"));
        await UntilAsync(() => sequencer.Output().Contains(
            "the enclave answers after", StringComparison.Ordinal));
        await UntilAsync(() => sequencer.Output().Contains("debug mode", StringComparison.Ordinal));
        using HttpResponseMessage ready = await sequencer.Http.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Null(await Acknowledged.TrySubmitAsync(sequencer.Http, "refused"));
        output.WriteLine(
            sequencer.Output().Split('\n')
                .Last(line => line.Contains("debug mode", StringComparison.Ordinal)));
    }

    private async Task RefusesAnotherImageAsync(RunningSequencer sequencer, string receipt)
    {
        string other = Path.Combine(sequencer.Folder, "other-image.json");
        JsonNode policy = JsonNode.Parse(await File.ReadAllBytesAsync(sequencer.PolicyFile))!;
        JsonNode changed = JsonNode.Parse(await File.ReadAllBytesAsync(
            Path.Combine(Rebuilt.Changed, "measurements.json")))!;
        string actual = Pcr0(policy);
        string expected = Pcr0(changed);
        Assert.NotEqual(actual, expected);
        policy["measurements"] = changed["measurements"]!.DeepClone();
        await File.WriteAllTextAsync(other, policy.ToJsonString());
        (int code, string said) = await VerifyAsync(sequencer, receipt, other);
        output.WriteLine(said);
        Assert.Equal(1, code);
        Assert.Contains(expected, Unwrapped(said));
        Assert.Contains(actual, Unwrapped(said));
    }

    private static string Pcr0(JsonNode policy) =>
        policy["measurements"]![0]!["pcr0"]!.GetValue<string>();

    private async Task RefusesAnotherRootAsync(RunningSequencer sequencer, string receipt)
    {
        string other = Path.Combine(sequencer.Folder, "other-root.json");
        using DevelopmentCertificate foreign = DevelopmentRoot.LoadOrCreate(
            Path.Combine(sequencer.Folder, "foreign"), TimeProvider.System);
        byte[] json = await File.ReadAllBytesAsync(sequencer.PolicyFile);
        string own = Convert.ToBase64String(
            await File.ReadAllBytesAsync(sequencer.DevelopmentRoot));
        string text = System.Text.Encoding.UTF8.GetString(json);
        Assert.Contains(own, text);
        await File.WriteAllTextAsync(
            other, text.Replace(own, Convert.ToBase64String(foreign.Der), StringComparison.Ordinal));
        (int code, string said) = await VerifyAsync(sequencer, receipt, other);
        output.WriteLine(said);
        Assert.Equal(1, code);
    }

    private static async Task RefusesAStaleNonceAsync(
        RunningSequencer sequencer, LogVerifier verifier)
    {
        byte[] asked = Enumerable.Repeat((byte)1, 32).ToArray();
        byte[] stale = Enumerable.Repeat((byte)2, 32).ToArray();
        string path = $"/v1/attestation?nonce={Convert.ToHexStringLower(asked)}";
        byte[] answer = await sequencer.Http.GetByteArrayAsync(path);
        byte[] document = Convert.FromBase64String(
            JsonNode.Parse(answer)!["document"]!.GetValue<string>());
        MeasurementSet[] images = [.. verifier.Policy.Measurements.Select(m => m.Measurements)];
        AttestationRule? Judge(byte[] nonce)
        {
            AttestationResult<VerifiedAttestation> result = NitroAttestationVerifier.Verify(
                document,
                new PcrPolicy(images),
                Assert.Single(verifier.Policy.Roots),
                new Freshness.LiveNonce(nonce, DateTimeOffset.UtcNow));
            return result.TryGet(out _, out AttestationRefusal? refusal) ? null : refusal.Rule;
        }
        Assert.Null(Judge(asked));
        Assert.Equal(AttestationRule.NonceMismatch, Judge(stale));
    }

    private static Task<(int ExitCode, string Output)> VerifyAsync(
        RunningSequencer sequencer, string receipt, string policy) =>
        sequencer.RunAsync("verify", receipt, "--policy", policy);

    // What the command prints for people is folded to the terminal's width.
    private static string Unwrapped(string text) =>
        string.Concat(text.Where(c => !char.IsWhiteSpace(c)));

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 1800 && !condition(); i++) await Task.Delay(100);
        Assert.True(condition());
    }
}
