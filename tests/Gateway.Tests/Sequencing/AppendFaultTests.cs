using Sequencer.Gateway.Store;
using Sequencer.Gateway.Tests.Http;
using Sequencer.Gateway.Tests.Store;
using static Sequencer.Gateway.Tests.Sequencing.FaultTable;

namespace Sequencer.Gateway.Tests.Sequencing;

/// <summary>
/// The fault table of an entry: every write and sync on its way fails, fails although it was done, and
/// (a write) is done by half; and each of these while the enclave lives on, and while it dies in that
/// very moment. Whoever waits gets a 503, what is durable can be read, the gateway mends itself, and no
/// number is lost, skipped or given twice.
/// </summary>
public sealed class AppendFaultTests
{
    private static readonly (string Step, DiskStep Operation, string Folder)[] Steps =
    [
        ("the payloads", DiskStep.Write, "payload"),
        ("their sync", DiskStep.Sync, "payload"),
        ("the next segment of payloads", DiskStep.Create, "payload"),
        ("its name", DiskStep.SyncDirectory, "payload"),
        ("records and checkpoint", DiskStep.Write, "log"),
        ("their sync", DiskStep.Sync, "log"),
        ("the next segment of the log", DiskStep.Create, "log"),
        ("its name", DiskStep.SyncDirectory, "log"),
        ("the index", DiskStep.Write, "index"),
        ("the tiles", DiskStep.Write, "tiles"),
    ];

    public static TheoryData<string, DiskStep, string, Fault, bool> Table => Of(Steps);

    [Theory]
    [MemberData(nameof(Table))]
    public async Task A_fault_on_the_way_of_an_entry_loses_and_doubles_nothing(
        string step, DiskStep operation, string folder, Fault fault, bool enclaveDies)
    {
        // Each batch begins a segment, so that making one is a step of every append.
        await using var gateway = new TestGateway
        {
            StoreOptions = new StoreOptions { SegmentBytes = 1 },
        };
        var enclave = new TestEnclave(gateway.SocketPath);
        try
        {
            await gateway.StartAgainAsync();
            await gateway.WaitForReadinessAsync();
            Assert.Equal(1, await AppendAsync(gateway, "before"));

            gateway.Files!.HoldAndFailNext(operation, folder, fault);
            Task<HttpResponseMessage> posted = PostAsync(gateway, step);
            await gateway.Files.WaitUntilHeldAsync();
            if (enclaveDies) enclave = await ReplaceAsync(enclave, gateway);
            gateway.Files.Open();
            using HttpResponseMessage failed = await posted;
            await AppendTests.AssertProblemAsync(failed, "store-failed", 503);
            Assert.Equal(
                "before", await gateway.Http.GetStringAsync("/v1/entries/1/payload"));

            await gateway.WaitForReadinessAsync();
            long number = await AppendAsync(gateway, step);
            Assert.InRange(number, 2, enclaveDies ? 3 : 2);
            await AssertWholeAsync(gateway, epochs: enclaveDies ? 2u : 1, "before", step);
            enclave = await ReplaceAsync(enclave, gateway);
            await gateway.StopAsync();
            await gateway.StartAgainAsync();
            await gateway.WaitForReadinessAsync();
            await AssertWholeAsync(gateway, epochs: enclaveDies ? 3u : 2, "before", step);
        }
        finally
        {
            await enclave.DisposeAsync();
        }
    }
}
