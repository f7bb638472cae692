namespace Sequencer.Simulation.Tests;

/// <summary>
/// What follows an honest run when the parent turns on its log: it goes on from an older store,
/// from one store twice, or beside its enclave. Without witnesses that is not prevented; whoever
/// holds a receipt must detect it.
/// </summary>
internal sealed class HostileRun(World world, HonestRun honest)
{
    /// <summary>Runs on the world's thread; what is wrong is in the honest run's ledger.</summary>
    public async Task RunAsync()
    {
        Dictionary<string, byte[]> newest = honest.Machine.Disk.Snapshot();
        new HostileReplays(world, honest).Run(newest);
        if (honest.Machine.Witnesses is { } witnesses)
        {
            await new HostileFence(world, honest, witnesses).RunAsync(newest);
            return;
        }
        var forks = new Forks(world, honest);
        Branch fork = await forks.GoOnFromAsync(honest.OlderStore);
        await forks.ExpectDetectionAsync(
            "a fork from an older store", fork.Files, honest.Audit.Held);
        Branch one = await forks.GoOnFromAsync(newest);
        await forks.ExpectExtensionAsync(one.Files, honest.Audit.Held);
        Branch other = await forks.GoOnFromAsync(newest);
        await forks.ExpectDetectionAsync("a clone", other.Files, one.Audit.Held);
        await forks.ExpectDetectionAsync("a clone", one.Files, other.Audit.Held);
        await forks.TakeStoreFromUnderEnclaveAsync(newest);
    }
}
