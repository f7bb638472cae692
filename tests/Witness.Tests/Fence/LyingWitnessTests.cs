using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Notes;
using Sequencer.Gateway.Settings;

namespace Sequencer.Witness.Tests.Fence;

/// <summary>
/// Witnesses that answer with something else than a cosignature of this head, made now, through the
/// gateway; <c>WitnessFenceTests</c> has the enclave's rules one by one.
/// </summary>
public sealed class LyingWitnessTests
{
    public enum Lie
    {
        Forged,
        OfAnOlderHead,
        AnotherWitnessesLine,
    }

    [Theory]
    [InlineData(Lie.Forged)]
    [InlineData(Lie.OfAnOlderHead)]
    [InlineData(Lie.AnotherWitnessesLine)]
    public async Task Two_of_four_that_lie_open_no_epoch_and_one_hinders_none(Lie lie)
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        JsonElement held = await log.AppendAsync("before");
        await log.StopEnclaveAsync();
        await log.QuiesceAsync();
        string others = "";
        log.Witnesses[3].Answer = line => others = line;
        foreach (WatchingWitness liar in log.Witnesses.Take(2))
        {
            string older = NewestLine(liar);
            liar.Answer = line => lie switch
            {
                Lie.Forged => Forge(line),
                Lie.OfAnOlderHead => older,
                _ => others,
            };
        }
        log.StartEnclave(log.Gateway);
        await WaitForReasonAsync(log, "2 of 4 witnesses have cosigned");

        log.Witnesses[1].Answer = line => line;
        await WitnessedLogFixture.WaitForReadinessAsync(log.Gateway);
        await AssertIsWitnessedAsync(log, held);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task Two_of_four_with_wrong_clocks_open_no_epoch_and_one_hinders_none(int hours)
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.BeginAsync(4, 3);
        foreach (WatchingWitness liar in log.Witnesses.Take(2))
        {
            liar.Time = new ShiftedTime(TimeSpan.FromHours(hours));
        }
        foreach (WatchingWitness witness in log.Witnesses) await witness.WatchAsync(log.Policy);
        // Their lines are good and count for the gateway; the enclave has a clock of its own.
        await WaitForReasonAsync(log, "enclave: quorum");
        using HttpResponseMessage refused = await log.Gateway.PostAsync("/v1/entries", "early");
        Assert.False(refused.IsSuccessStatusCode);

        log.Witnesses[1].Time = TimeProvider.System;
        await log.Witnesses[1].ForgetAsync(log.Policy);
        await WitnessedLogFixture.WaitForReadinessAsync(log.Gateway);
        await AssertIsWitnessedAsync(log);
    }

    [Fact]
    public async Task A_witness_that_claims_to_know_more_is_left_out_by_taking_its_address_away()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        JsonElement held = await log.AppendAsync("before");
        log.Witnesses[0].Claim = 1_000_000;
        await log.RestartEnclaveAsync();
        string why = await WitnessedLogFixture.WaitForProblemAsync(log.Gateway, "witness-conflict");
        Assert.Contains("it knows size 1000000", why, StringComparison.Ordinal);

        await log.Gateway.StopAsync();
        await log.Gateway.StartAgainAsync(settings =>
        {
            settings = log.Adjust(settings);
            WitnessSettings others = settings.Witnesses;
            others = others with { Witnesses = [.. others.Witnesses.Skip(1)] };
            return settings with { Witnesses = others };
        });
        await WitnessedLogFixture.WaitForReadinessAsync(log.Gateway);
        await AssertIsWitnessedAsync(log, held);
    }

    private static async Task WaitForReasonAsync(WitnessedLogFixture log, string reason)
    {
        string why;
        do
        {
            why = await WitnessedLogFixture.WaitForProblemAsync(log.Gateway, "witnesses-behind");
        }
        while (!why.Contains(reason, StringComparison.Ordinal));
    }

    private static async Task AssertIsWitnessedAsync(
        WitnessedLogFixture log, params JsonElement[] held)
    {
        JsonElement after = await log.AppendAsync("after");
        Assert.True(log.Verify(after).IsGood);
        await log.QuiesceAsync();
        Assert.True((await log.AuditAsync(log.Gateway, [.. held, after])).IsGood);
    }

    private static string NewestLine(WatchingWitness witness) =>
        Encoding.UTF8.GetString(witness.Inside.Logs["test.example/log"].Head!.Note.Span)
            .TrimEnd('\n').Split('\n')[^1] + "\n";

    private static string Forge(string line)
    {
        Assert.True(NoteSignature.TryParse(line.TrimEnd('\n'), out NoteSignature? right));
        byte[] bytes = right.Signature.ToArray();
        bytes[^1] ^= 1;
        return right with { Signature = bytes } + "\n";
    }

    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
