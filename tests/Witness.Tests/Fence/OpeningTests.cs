using System.Net;
using System.Text.Json;
using Sequencer.Attestation.Verification;
using Sequencer.Client;
using Sequencer.Gateway.Tests;

namespace Sequencer.Witness.Tests.Fence;

/// <summary>Opening an epoch behind witnesses, end to end (docs/PROTOCOL.md section 14, "The
/// fence").</summary>
public sealed class OpeningTests
{
    [Fact]
    public async Task A_log_opens_behind_its_witnesses_and_its_receipts_prove_it()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        JsonElement answer = await log.AppendAsync("first");
        VerificationReport<VerifiedEntry> report = log.Verify(answer);
        Assert.True(report.IsGood, string.Join("; ", report.Faults));
        Assert.True(report.TryGet(out VerifiedEntry? entry));
        Assert.Equal(HeadLevel.Witnessed, entry.Head.Level);

        // Also from the other ways to a head, and after a rest from the directory itself.
        await log.Gateway.AssertReceiptVerifiesAsync(1, "first"u8.ToArray());
        await log.Gateway.AuditAsync();
    }

    [Fact]
    public async Task A_log_tells_its_witness_bounds_and_a_verifying_client_holds_them_to_the_policy()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        LogDescription told = await new SequencerClient(log.Gateway.Http, log.Policy).GetLogAsync();
        Assert.Equal((1000u, 1ul), (told.IdempotencyWindow, told.Size));
        Assert.Equal(
            (WitnessedLogFixture.NumbersMax, 600u),
            (told.WitnessNumbersMax, told.WitnessSecondsMax));
    }

    [Fact]
    public async Task A_log_waits_for_witnesses_and_tells_its_readers_what_they_need_to_watch_it()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.BeginAsync(4, 3);
        using HttpResponseMessage refused = await log.Gateway.PostAsync("/v1/entries", "early");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        await log.Witnesses[0].WatchAsync(log.Policy);
        await log.Witnesses[1].WatchAsync(log.Policy);
        string why = await WitnessedLogFixture.WaitForProblemAsync(log.Gateway, "witnesses-behind");
        Assert.Contains("of 4 witnesses have cosigned", why, StringComparison.Ordinal);
        await log.Witnesses[3].WatchAsync(log.Policy);
        await WitnessedLogFixture.WaitForReadinessAsync(log.Gateway);
        Assert.True(log.Verify(await log.AppendAsync("then")).IsGood);
    }

    [Fact]
    public async Task A_policy_is_drafted_before_there_is_a_witness_who_could_need_it()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.BeginAsync(4, 3);
        PolicyDraft draft = await DraftAsync(log);
        Assert.Empty(draft.Faults);
        Assert.True(draft.AwaitsWitnesses);
        foreach (WatchingWitness witness in log.Witnesses) await witness.WatchAsync(draft.Policy!);
        await WitnessedLogFixture.WaitForReadinessAsync(log.Gateway);
        // The same policy asks for the quorum, and has it now.
        Assert.False((await DraftAsync(log)).AwaitsWitnesses);
        Assert.NotNull(draft.Policy!.Witnesses);
    }

    private static Task<PolicyDraft> DraftAsync(WitnessedLogFixture log) =>
        FirstContact.DraftPolicyAsync(
            SequencerClient.WithoutVerification(log.Gateway.Http), log.Policy.Roots[0]);

    [Fact]
    public async Task A_log_stops_at_its_bound_and_goes_on_when_its_witnesses_are_back()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        await log.AppendAsync("witnessed");
        await log.QuiesceAsync();
        log.Reach(Reach.Away, 0, 1);
        string lines = string.Concat(Enumerable.Repeat(
            "{\"payload\":\"durable\"}\n", (int)WitnessedLogFixture.NumbersMax / 2));
        for (int half = 0; half < 2; half++)
        {
            using HttpResponseMessage taken = await log.Gateway.PostAsync(
                "/v1/entries:batch", lines, "application/x-ndjson");
            Assert.True(taken.IsSuccessStatusCode, await taken.Content.ReadAsStringAsync());
        }
        using HttpResponseMessage refused = await log.Gateway.PostAsync("/v1/entries", "too many");
        JsonElement problem = await TestGateway.ReadJsonAsync(refused);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(
            "urn:sequencer:problem:witnesses-behind", problem.GetProperty("type").GetString());
        Assert.NotNull(refused.Headers.RetryAfter);

        // What is there can be read, under the head that was cosigned last and the newest.
        Assert.Equal(2ul, WitnessedLogFixture.SizeOf(
            await log.Gateway.Http.GetStringAsync("/checkpoint")));
        Assert.Equal(2ul + WitnessedLogFixture.NumbersMax, WitnessedLogFixture.SizeOf(
            await log.Gateway.Http.GetStringAsync("/checkpoint?head=durable")));
        log.Reach(Reach.Open);
        await WitnessedLogFixture.WaitForCosignedAsync(
            log.Gateway, 2 + WitnessedLogFixture.NumbersMax);
        Assert.True(log.Verify(await log.AppendAsync("goes on")).IsGood);
    }
}
