using System.Net;
using System.Text.Json;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;
using Sequencer.Gateway.Tests;

namespace Sequencer.Witness.Tests.Fence;

/// <summary>Operators who run a log twice, or from an older copy (docs/THREATS.md, "Attacks on
/// history").</summary>
public sealed class CloneTests
{
    [Fact]
    public async Task A_clone_gets_no_epoch_from_three_of_four()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        await log.AppendAsync("before");
        TestGateway clone = log.Clone();
        await log.AppendAsync("after");

        await log.StartCloneAsync(clone);
        await WitnessedLogFixture.WaitForProblemAsync(clone, "witness-conflict");
        // Its opening statement is durable there, and will be for ever: nothing goes on from it.
        await WitnessedLogFixture.WaitForSizeAsync(clone, 3);
        using HttpResponseMessage refused = await clone.PostAsync("/v1/entries", "forked");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.True(log.Verify(await log.AppendAsync("goes on")).IsGood);
    }

    [Fact]
    public async Task A_log_put_back_below_its_newest_cosigned_head_gets_no_epoch()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        await log.AppendAsync("kept");
        TestGateway older = log.Clone();
        await log.AppendAsync("to be forgotten");
        await log.Gateway.StopAsync();
        await log.StopEnclaveAsync();
        await log.StartCloneAsync(older);
        await WitnessedLogFixture.WaitForProblemAsync(older, "witness-conflict");
    }

    [Fact]
    public async Task A_log_that_is_shorter_than_its_own_cosigned_head_is_not_served()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(1, 1);
        await log.AppendAsync("kept");
        TestGateway older = log.Clone();
        await log.AppendAsync("to be forgotten");
        File.Copy(
            Path.Combine(log.Gateway.DataDirectory, "cosigned"),
            Path.Combine(older.DataDirectory, "cosigned"), overwrite: true);
        var fault = await Assert.ThrowsAsync<Gateway.Store.StoreDamagedException>(
            () => older.StartAgainAsync(log.Adjust));
        Assert.Contains("its end is lost", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_put_back_to_exactly_its_newest_cosigned_head_loses_only_what_was_durable()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        JsonElement witnessed = await log.AppendAsync("witnessed");
        TestGateway older = log.Clone();
        log.Reach(Fence.Reach.Away);
        JsonElement durable = await log.AppendAsync("durable", "durable");
        await log.Gateway.StopAsync();
        await log.StopEnclaveAsync();
        log.Reach(Fence.Reach.Open);

        // Nobody but the holder of the durable receipt knows better.
        await log.StartCloneAsync(older);
        await WitnessedLogFixture.WaitForReadinessAsync(older);
        JsonElement after = await log.AppendAsync("after", gateway: older);
        Assert.True(log.Verify(after).IsGood);
        Assert.True((await log.AuditAsync(older, witnessed)).IsGood);
        Assert.False(log.Verify(durable).IsGood);
        AuditReport report = await log.AuditAsync(older, durable);
        Assert.Equal([VerificationRule.HeldHead], report.FaultCounts.Keys);
        AssertFork(log, report);
    }

    [Fact]
    public async Task Of_two_enclaves_from_one_store_one_gets_the_epoch()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        await log.AppendAsync("before");
        await log.Gateway.StopAsync();
        await log.StopEnclaveAsync();
        TestGateway[] twins = [log.Clone(), log.Clone()];
        await Task.WhenAll(twins.Select(log.StartCloneAsync));
        while (true)
        {
            string[] states = await Task.WhenAll(twins.Select(
                async twin => await (await twin.Http.GetAsync("/readyz")).Content.ReadAsStringAsync()));
            Assert.True(states.Count(state => state == "ready\n") <= 1);
            bool isOver = states.Any(state => state == "ready\n")
                && states.Any(s => s.Contains("witness-conflict", StringComparison.Ordinal));
            if (isOver) break;
            await Task.Delay(5);
        }
    }

    [Fact]
    public async Task A_superseded_enclave_stops_when_its_last_cosigned_head_is_too_old()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3, secondsMax: 3);
        await log.AppendAsync("before");
        TestGateway next = log.Clone();
        await log.StartCloneAsync(next);
        await WitnessedLogFixture.WaitForReadinessAsync(next);
        JsonElement good = await log.AppendAsync("of the next epoch", gateway: next);

        // It goes on for so long as the bound allows, and not one of those heads gets a quorum.
        JsonElement? forked = null;
        while (true)
        {
            using HttpResponseMessage answer = await log.Gateway.PostAsync("/v1/entries", "forked");
            JsonElement json = await TestGateway.ReadJsonAsync(answer);
            if (answer.StatusCode == HttpStatusCode.Created)
            {
                forked ??= json;
                Assert.False(log.Verify(json).IsGood);
                continue;
            }
            Assert.Equal(
                "urn:sequencer:problem:witnesses-behind", json.GetProperty("type").GetString());
            break;
        }
        Assert.True(log.Verify(good).IsGood);
        if (forked is { } held) AssertFork(log, await log.AuditAsync(next, held));
    }

    [Fact]
    public async Task A_second_genesis_under_the_same_origin_gets_no_witness()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        TestGateway empty = log.Empty();
        await log.StartCloneAsync(empty);
        string why = await WitnessedLogFixture.WaitForProblemAsync(empty, "witnesses-behind");
        Assert.Contains("0 of 4 witnesses have cosigned", why, StringComparison.Ordinal);
        Assert.Contains("log-id", why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_witness_that_forgets_gets_a_clone_no_epoch_at_three_of_four()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        await log.AppendAsync("before");
        TestGateway clone = log.Clone();
        // One witness misses what comes now, another forgets it; whoever clones asks those two.
        log.Reach(Fence.Reach.Away, 3);
        await log.AppendAsync("after");
        await log.Witnesses[0].ForgetAsync(log.Policy);
        log.Reach(Fence.Reach.Away, 1, 2);
        log.Reach(Fence.Reach.Open, 3);
        await log.StartCloneAsync(clone);
        string why;
        do
        {
            why = await WitnessedLogFixture.WaitForProblemAsync(clone, "witnesses-behind");
        }
        while (!why.Contains("2 of 4 witnesses have cosigned", StringComparison.Ordinal));
        // The third that it needs knows better, whichever it is.
        log.Reach(Fence.Reach.Open, 2);
        await WitnessedLogFixture.WaitForProblemAsync(clone, "witness-conflict");
    }

    [Fact]
    public async Task A_witness_that_forgets_lets_a_fork_through_at_two_of_three_and_receipts_convict_it()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(3, 2);
        await log.AppendAsync("before");
        TestGateway clone = log.Clone();
        log.Reach(Fence.Reach.Away, 2);
        JsonElement victim = await log.AppendAsync("after");
        Assert.True(log.Verify(victim).IsGood);
        await log.Witnesses[0].ForgetAsync(log.Policy);
        log.Reach(Fence.Reach.Away, 1);
        log.Reach(Fence.Reach.Open, 2);
        await log.Gateway.StopAsync();
        await log.StartCloneAsync(clone);
        await WitnessedLogFixture.WaitForReadinessAsync(clone);
        JsonElement fork = await log.AppendAsync("forked", gateway: clone);

        // Both are witnessed: not prevented. Side by side they are proof.
        Assert.True(log.Verify(fork).IsGood);
        AssertFork(log, await log.AuditAsync(clone, victim));
    }

    [Fact]
    public async Task A_weaker_witness_policy_at_a_restart_changes_nothing()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        await log.AppendAsync("before");
        await log.Gateway.StopAsync();
        await log.StopEnclaveAsync();
        log.Reach(Fence.Reach.Away, 1, 2, 3);
        TestGateway weaker = log.Clone();
        await weaker.StartAgainAsync(settings => log.AdjustWeaker(settings, threshold: 1));
        log.StartEnclave(weaker);
        string why = await WitnessedLogFixture.WaitForProblemAsync(weaker, "witnesses-behind");
        Assert.Contains("1 of 4 witnesses have cosigned", why, StringComparison.Ordinal);
        log.Reach(Fence.Reach.Open);
        await WitnessedLogFixture.WaitForReadinessAsync(weaker);
    }

    private static void AssertFork(WitnessedLogFixture log, AuditReport report)
    {
        ForkEvidence evidence = Assert.Single(report.Evidence);
        Assert.True(ForkEvidence.TryDecode(evidence.Encode(), out ForkEvidence? read, out _));
        EvidenceReport verdict = new LogVerifier(log.Policy).VerifyEvidence(read);
        Assert.Equal(EvidenceVerdict.Fork, verdict.Verdict);
    }
}
