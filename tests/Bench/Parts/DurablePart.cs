using Sequencer.Bench.Load;
using Sequencer.Bench.Peers;
using Sequencer.Bench.Suite;

namespace Sequencer.Bench.Parts;

/// <summary>Durable appends over HTTP, end to end.</summary>
/// <param name="loads">What samples and verifies receipts meanwhile.</param>
internal sealed class DurablePart(SampledLoads loads) : IPart
{
    private const string Single = SequencerPeer.WithoutReceipt;
    private const string Batch = SequencerPeer.Batch;

    private static readonly (string Name, string Path, int Connections, int Entries)[] Loads =
    [
        ("one entry, 1 connection", Single, 1, 1),
        ("one entry, 16 connections", Single, 16, 1),
        ("one entry, 64 connections", Single, 64, 1),
        ("one entry and its receipt, 64 connections", SequencerPeer.WithReceipt, 64, 1),
        ("one entry, 256 connections", Single, 256, 1),
        ("batches of 100, 16 connections", Batch, 16, 100),
        ("batches of 1,000, 1 connection", Batch, 1, 1000),
        ("batches of 1,000, 8 connections", Batch, 8, 1000),
    ];

    public string Id => "durable";

    public string Title => "durable appends over HTTP";

    public string Method =>
        "entries of 256 bytes, acknowledged when record and signed head are synced (ack=durable); "
        + "gateway, enclave and load generator in processes of their own, closed loop; latencies "
        + "are those of whole calls";

    public async Task<IReadOnlyList<Figure>> MeasureAsync(
        int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        var samples = new Samples();
        for (int run = 0; run < runs; run++)
        {
            await using GatewaySite site = await GatewaySite.StartAsync(cancellationToken);
            await site.SettleAsync(Single, entries: 1, cancellationToken);
            foreach ((string name, string path, int connections, int entries) in Loads)
            {
                LoadResult result = await loads.RunAsync(
                    site.Gateway, site.Plan(path, connections, entries), cancellationToken);
                samples.Add(name, "entries/s", result, progress);
            }
        }
        return samples.Figures();
    }
}
