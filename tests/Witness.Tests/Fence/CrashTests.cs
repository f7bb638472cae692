using System.Text.Json;
using Sequencer.Attestation.Auditing;
using Sequencer.Gateway.Tests;

namespace Sequencer.Witness.Tests.Fence;

/// <summary>
/// Crashes between every two steps of the fence (docs/PROTOCOL.md section 14): an epoch opens after
/// each, nothing witnessed is lost, and what anybody may hold never contradicts the log.
/// </summary>
public sealed class CrashTests
{
    [Fact]
    public async Task Before_the_statement_is_durable_nobody_has_been_asked()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        JsonElement held = await log.AppendAsync("before");
        await log.StopEnclaveAsync();
        int asked = await log.QuiesceAsync();
        TestGateway before = log.Clone();

        // Signed, and on its way to the disk. A crash here may leave the disk as it was before.
        log.Gateway.Files!.Close("log");
        TestEnclave lost = log.StartEnclave(log.Gateway);
        await log.Gateway.Files.WaitUntilHeldAsync();
        Assert.Equal(asked, log.Witnesses.Sum(witness => witness.Asked));

        log.Reach(Reach.Away);
        log.Gateway.Files.Open();
        await WitnessedLogFixture.WaitForSizeAsync(log.Gateway, 3);
        await log.Gateway.StopAsync();
        log.Reach(Reach.Open);
        await log.StartCloneAsync(before);
        await AssertGoesOnAsync(log, before, held);
    }

    [Fact]
    public async Task A_durable_statement_stays_although_its_epoch_never_opened()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        JsonElement held = await log.AppendAsync("before");
        log.Reach(Reach.Away);
        for (ulong size = 3; size <= 4; size++)
        {
            await log.RestartEnclaveAsync();
            await WitnessedLogFixture.WaitForSizeAsync(log.Gateway, size);
        }
        log.Reach(Reach.Open);
        await log.RestartEnclaveAsync();
        await AssertGoesOnAsync(log, log.Gateway, held);
        JsonElement epochs = await log.Gateway.GetJsonAsync("/v1/epochs");
        Assert.Equal(
            [0ul, 2, 3, 4],
            epochs.GetProperty("epochs").EnumerateArray()
                .Select(epoch => epoch.GetProperty("number").GetUInt64()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_partial_quorum_that_a_crash_left_behind_does_not_stop_the_next_epoch(int cosigned)
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        JsonElement held = await log.AppendAsync("before");
        await log.StopEnclaveAsync();
        await log.QuiesceAsync();

        // So many write the head to their disks, and no answer arrives: with three or four of them
        // the crash is one after the quorum and before the enclave has heard of it.
        for (int i = 0; i < 4; i++)
        {
            log.Reach(i < cosigned ? Reach.AnswersLost : Reach.Away, i);
        }
        TestEnclave dying = log.StartEnclave(log.Gateway);
        const ulong size = 3;
        await WitnessedLogFixture.WaitForSizeAsync(log.Gateway, size);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (log.Witnesses.Take(cosigned).Any(w => w.CosignedSize("test.example/log") < size))
        {
            await Task.Delay(5, patience.Token);
        }

        // Gateway and enclave both end; both start anew.
        await log.Gateway.StopAsync();
        await log.EndAsync(dying);
        log.Reach(Reach.Open);
        await log.Gateway.StartAgainAsync(log.Adjust);
        log.StartEnclave(log.Gateway);
        await AssertGoesOnAsync(log, log.Gateway, held);
    }

    [Fact]
    public async Task A_gateway_that_comes_back_to_a_living_enclave_needs_no_witness_to_go_on()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        JsonElement held = await log.AppendAsync("before");
        await WitnessedLogFixture.WaitForCosignedAsync(log.Gateway, 2);
        log.Reach(Reach.Away);
        await log.Gateway.StopAsync();
        await log.Gateway.StartAgainAsync(log.Adjust);
        await WitnessedLogFixture.WaitForReadinessAsync(log.Gateway);
        await log.AppendAsync("durable", "durable");

        // What was witnessed before the restart is so still.
        JsonElement receipt = await log.Gateway.GetJsonAsync("/v1/entries/1/receipt");
        string checkpoint = receipt.GetProperty("checkpoint").GetString()!;
        Assert.True(checkpoint.Split("\n\u2014 w").Length > 3, checkpoint);
        log.Reach(Reach.Open);
        await AssertGoesOnAsync(log, log.Gateway, held);
    }

    [Fact]
    public async Task An_honest_double_crash_leaves_no_evidence()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        JsonElement held = await log.AppendAsync("before");
        await log.QuiesceAsync();
        TestGateway before = log.Clone();

        // Numbered and signed, and the disk is slow: nobody outside may see that head.
        log.Gateway.Files!.Close("log");
        Task<HttpResponseMessage> waiting = log.Gateway.PostAsync("/v1/entries", "in flight");
        await log.Gateway.Files.WaitUntilHeldAsync();
        Assert.Equal(2ul, WitnessedLogFixture.SizeOf(
            await log.Gateway.Http.GetStringAsync("/checkpoint?head=durable")));
        Assert.All(log.Witnesses, w => Assert.True(w.CosignedSize("test.example/log") <= 2));

        // Both end here, and the disk never got it. The process of this test only lets it end later.
        log.Reach(Reach.Away);
        await log.StopEnclaveAsync();
        log.Gateway.Files.Open();
        await waiting;
        await log.Gateway.StopAsync();
        log.Reach(Reach.Open);
        await log.StartCloneAsync(before);
        await AssertGoesOnAsync(log, before, held);
    }

    // Entries get numbers again, and no head that anybody got before speaks against the log.
    private static async Task AssertGoesOnAsync(
        WitnessedLogFixture log, TestGateway gateway, JsonElement held)
    {
        await WitnessedLogFixture.WaitForReadinessAsync(gateway);
        JsonElement answer = await log.AppendAsync("after", gateway: gateway);
        Assert.True(log.Verify(answer).IsGood);
        await log.QuiesceAsync();
        AuditReport report = await log.AuditAsync(gateway, held, answer);
        Assert.True(report.IsGood, string.Join("; ", report.Faults));
        Assert.Empty(report.Evidence);
    }
}
