using System.Net;
using Sequencer.Gateway.Tests.Store;
using static Sequencer.Gateway.Tests.Sequencing.FaultTable;

namespace Sequencer.Gateway.Tests.Sequencing;

/// <summary>
/// The fault table of an epoch that opens: every write and sync on its way fails, fails although it
/// was done, and (a write) is done by half; and each of these while the enclave lives on, and while it
/// dies in that very moment. The gateway mends itself, and there is one log, whose epochs follow each
/// other.
/// </summary>
public sealed class OpeningFaultTests
{
    private static readonly (string Step, DiskStep Operation, string Folder)[] Steps =
    [
        ("the epoch document", DiskStep.Create, "epochs"),
        ("its bytes", DiskStep.Write, "epochs"),
        ("their sync", DiskStep.Sync, "epochs"),
        ("its name", DiskStep.Rename, "epochs"),
        ("the sync of its name", DiskStep.SyncDirectory, "epochs"),
        ("the statement and its checkpoint", DiskStep.Write, "log"),
        ("their sync", DiskStep.Sync, "log"),
    ];

    public static TheoryData<string, DiskStep, string, Fault, bool> Table => Of(Steps);

    [Theory]
    [MemberData(nameof(Table))]
    public Task A_fault_while_the_first_epoch_opens_leaves_one_log(
        string step, DiskStep operation, string folder, Fault fault, bool enclaveDies) =>
        OpenAsync(step, operation, folder, fault, enclaveDies, isGenesis: true);

    [Theory]
    [MemberData(nameof(Table))]
    public Task A_fault_while_another_epoch_opens_leaves_one_log(
        string step, DiskStep operation, string folder, Fault fault, bool enclaveDies) =>
        OpenAsync(step, operation, folder, fault, enclaveDies, isGenesis: false);

    private static async Task OpenAsync(
        string step,
        DiskStep operation,
        string folder,
        Fault fault,
        bool enclaveDies,
        bool isGenesis)
    {
        await using var gateway = new TestGateway();
        await gateway.StartAgainAsync();
        TestEnclave? enclave = null;
        try
        {
            if (!isGenesis)
            {
                enclave = new TestEnclave(gateway.SocketPath);
                await gateway.WaitForReadinessAsync();
                Assert.Equal(1, await AppendAsync(gateway, "before"));
                await enclave.DisposeAsync();
                enclave = null;
                await gateway.WaitForReadinessAsync(HttpStatusCode.ServiceUnavailable);
            }
            gateway.Files!.HoldAndFailNext(operation, folder, fault);
            enclave = new TestEnclave(gateway.SocketPath);
            await gateway.Files.WaitUntilHeldAsync();
            if (enclaveDies) enclave = await ReplaceAsync(enclave, gateway);
            gateway.Files.Open();

            await gateway.WaitForReadinessAsync();
            await AppendAsync(gateway, step);
            string[] entries = isGenesis ? [step] : ["before", step];
            uint epochs = await AssertWholeAsync(gateway, epochs: null, entries);
            // Whether the enclave that died had opened its epoch is the disk's word: where its
            // statement was kept, it had, and it is never cut.
            uint most = (isGenesis ? 1u : 2u) + (enclaveDies ? 1u : 0u);
            Assert.InRange(epochs, isGenesis ? 1u : 2u, most);
        }
        finally
        {
            if (enclave is not null) await enclave.DisposeAsync();
        }
    }
}
