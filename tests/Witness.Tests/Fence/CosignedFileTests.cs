using System.Net;
using System.Text.Json;
using Sequencer.Attestation.Auditing;
using Sequencer.Gateway.Tests;
using Sequencer.Gateway.Tests.Store;

namespace Sequencer.Witness.Tests.Fence;

/// <summary>
/// The file <c>cosigned</c> (docs/PROTOCOL.md section 15): what becomes of a head that the enclave
/// has counted when that file cannot be written, or a crash comes first.
/// </summary>
public sealed class CosignedFileTests
{
    private const string FileName = "cosigned";
    private const string Key = "Idempotency-Key";

    [Theory]
    [InlineData(DiskStep.Create, Fault.Failed)]
    [InlineData(DiskStep.Create, Fault.FailedButPersisted)]
    [InlineData(DiskStep.Write, Fault.Failed)]
    [InlineData(DiskStep.Write, Fault.FailedButPersisted)]
    [InlineData(DiskStep.Write, Fault.HalfDone)]
    [InlineData(DiskStep.Sync, Fault.Failed)]
    [InlineData(DiskStep.Sync, Fault.FailedButPersisted)]
    [InlineData(DiskStep.Rename, Fault.Failed)]
    [InlineData(DiskStep.Rename, Fault.FailedButPersisted)]
    [InlineData(DiskStep.SyncDirectory, Fault.Failed)]
    [InlineData(DiskStep.SyncDirectory, Fault.FailedButPersisted)]
    public async Task A_write_that_fails_loses_and_doubles_nothing(DiskStep step, Fault fault)
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        JsonElement before = await log.AppendAsync("before");
        await log.QuiesceAsync();
        log.Gateway.Files!.FailNext(step, step == DiskStep.SyncDirectory ? "" : FileName, fault);
        JsonElement during = await AppendUntilTakenAsync(log.Gateway);
        Assert.False(log.Gateway.Files.IsFaultPending);
        Assert.Equal(2, during.GetProperty("number").GetInt32());
        await AssertGoesOnAsync(log, log.Gateway, 4, before, during);
    }

    [Fact]
    public async Task A_gateway_that_ends_before_the_file_comes_back_to_an_enclave_that_knows_more()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        JsonElement before = await log.AppendAsync("before");
        await HoldBeforeTheFileAsync(log);

        // The gateway ends there. No witness is needed: the enclave goes on from the head that it
        // counted, which the file does not have.
        Task stopping = log.Gateway.StopAsync();
        log.Reach(Reach.Away);
        log.Gateway.Files!.Open();
        await stopping;
        await log.Gateway.StartAgainAsync(log.Adjust);
        await WitnessedLogFixture.WaitForReadinessAsync(log.Gateway);
        JsonElement durable = await log.AppendAsync("durable", "durable");
        Assert.Equal(2ul, WitnessedLogFixture.SizeOf(
            await log.Gateway.Http.GetStringAsync("/checkpoint")));
        log.Reach(Reach.Open);
        await AssertGoesOnAsync(log, log.Gateway, 5, before, durable);
    }

    [Fact]
    public async Task When_both_end_before_the_file_the_next_epoch_opens_above_what_was_cosigned()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        JsonElement before = await log.AppendAsync("before");
        await HoldBeforeTheFileAsync(log);

        // The disk as it is in that moment: the witnesses and the enclave know more than the file.
        TestGateway crashed = log.Clone();
        log.Reach(Reach.Away);
        await log.StopEnclaveAsync();
        log.Gateway.Files!.Open();
        await log.Gateway.StopAsync();
        log.Reach(Reach.Open);
        await log.StartCloneAsync(crashed);
        await WitnessedLogFixture.WaitForReadinessAsync(crashed);
        JsonElement again = await AppendUntilTakenAsync(crashed);
        Assert.Equal(2, again.GetProperty("number").GetInt32());
        await AssertGoesOnAsync(log, crashed, 5, before, again);
    }

    // The enclave has counted the head of size 3, and the gateway is about to write it down: until
    // it has, it shows the lines to nobody.
    private static async Task HoldBeforeTheFileAsync(WitnessedLogFixture log)
    {
        await log.QuiesceAsync();
        log.Gateway.Files!.HoldAndFailNext(DiskStep.Create, FileName, Fault.Failed);
        Task<HttpResponseMessage> waiting = log.Gateway.PostAsync(
            "/v1/entries?ack=witnessed", "during", headers: (Key, "k"));
        await log.Gateway.Files.WaitUntilHeldAsync();
        Assert.Equal(2ul, WitnessedLogFixture.SizeOf(
            await log.Gateway.Http.GetStringAsync("/checkpoint")));
        Assert.Equal(3ul, WitnessedLogFixture.SizeOf(
            await log.Gateway.Http.GetStringAsync("/checkpoint?head=durable")));
        Assert.True(log.Witnesses.Count(w => w.CosignedSize("test.example/log") == 3) >= 3);
        Assert.False(waiting.IsCompleted);
        _ = waiting.ContinueWith(task => task.Exception, TaskScheduler.Default);
    }

    private static async Task<JsonElement> AppendUntilTakenAsync(TestGateway gateway)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            using HttpResponseMessage answer = await gateway.PostAsync(
                "/v1/entries?ack=witnessed", "during", headers: (Key, "k"));
            JsonElement json = await TestGateway.ReadJsonAsync(answer);
            if (answer.StatusCode == HttpStatusCode.Created) return json;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            await Task.Delay(5, patience.Token);
        }
    }

    private static async Task AssertGoesOnAsync(
        WitnessedLogFixture log, TestGateway gateway, ulong records, params JsonElement[] held)
    {
        // What was cosigned is shown as soon as the store is open again, entries are taken later.
        await WitnessedLogFixture.WaitForReadinessAsync(gateway);
        JsonElement after = await log.AppendAsync("after", gateway: gateway);
        Assert.True(log.Verify(after).IsGood);
        await log.QuiesceAsync();
        AuditReport report = await log.AuditAsync(gateway, [.. held, after]);
        Assert.True(report.IsGood, string.Join("; ", report.Faults));
        Assert.Equal(records, report.Records);
        Assert.Empty(report.Evidence);
    }
}
