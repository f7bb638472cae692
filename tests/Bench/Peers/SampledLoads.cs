using Sequencer.Bench.Load;
using Sequencer.Client;

namespace Sequencer.Bench.Peers;

/// <summary>Loads on a system that is held to its word meanwhile.</summary>
internal sealed class SampledLoads
{
    /// <summary>Receipts that were sampled, and held.</summary>
    public int ReceiptsVerified { get; private set; }

    /// <summary>
    /// Runs a load of appends. In the middle of what is measured a receipt is taken and verified,
    /// if the system has them; afterwards the system must hold all that it acknowledged.
    /// </summary>
    /// <exception cref="PeerException">The load failed, or entries are missing.</exception>
    /// <exception cref="SequencerException">The receipt does not hold.</exception>
    public async Task<LoadResult> RunAsync(
        RunningPeer peer, LoadPlan plan, CancellationToken cancellationToken)
    {
        long before = peer.CountAsync is null ? 0 : await peer.CountAsync();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<LoadResult> running = LoadProcess.RunAsync(plan, ended.Token);
        if (peer.Receipts is { } receipts)
        {
            await SampleAsync(receipts, plan, running, ended);
        }
        LoadResult result = await running;
        if (peer.CountAsync is null) return result;
        long after = await peer.CountAsync();
        return after - before >= result.Acknowledged
            ? result
            : throw new PeerException(
                $"{result.Acknowledged} entries were acknowledged, {after - before} are there.");
    }

    private async Task SampleAsync(
        ReceiptSampler receipts,
        LoadPlan plan,
        Task<LoadResult> running,
        CancellationTokenSource ended)
    {
        try
        {
            await Task.Delay(plan.WarmUp + plan.Measured / 2, ended.Token);
            if (running.IsCompleted) return;
            await receipts.SampleAsync(ended.Token);
            ReceiptsVerified++;
        }
        catch
        {
            await ended.CancelAsync();
            await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }
}
