using Sequencer.Bench.Load;
using Sequencer.Bench.Peers;
using Sequencer.Bench.Suite;

namespace Sequencer.Bench.Parts;

/// <summary>Reads over HTTP, of a log that nobody appends to meanwhile.</summary>
internal sealed class ReadsPart : IPart
{
    private const int Connections = 64;
    private const int EntriesPerPage = 100;

    // Below the first snapshot; with the genesis before them these are all entries.
    private const int NumbersMax = 900_000;

    private static readonly (string Name, string Unit, string Path, int Entries)[] Reads =
    [
        ("an entry by number", "answers/s", "/v1/entries/*", 1),
        ("a payload by number", "answers/s", "/v1/entries/*/payload", 1),
        ("a receipt by number", "answers/s", "/v1/entries/*/receipt", 1),
        ("an inclusion proof", "answers/s", "/v1/proofs/inclusion?number=*", 1),
        ("pages of 100 entries", "entries/s", "/v1/entries?limit=100&from=*", EntriesPerPage),
    ];

    public string Id => "reads";

    public string Title => "reads over HTTP";

    public string Method =>
        "64 connections, closed loop; numbers at random from all entries, which are those of five "
        + "seconds and in the system's file cache";

    public async Task<IReadOnlyList<Figure>> MeasureAsync(
        int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        var samples = new Samples();
        await using GatewaySite site = await GatewaySite.StartAsync(cancellationToken);
        await site.SettleAsync(SequencerPeer.Batch, entries: 1000, cancellationToken);
        int numbers = (int)Math.Min(await site.Gateway.CountAsync!() - 1, NumbersMax);
        // The first round, which compiles what the others run, is not counted.
        for (int run = -1; run < runs; run++)
        {
            foreach ((string name, string unit, string path, int entries) in Reads)
            {
                LoadPlan plan = site.Plan(path, Connections, entries) with { Numbers = numbers };
                LoadResult result = await LoadProcess.RunAsync(plan, cancellationToken);
                if (run >= 0) samples.Add(name, unit, result, progress);
            }
        }
        return samples.Figures();
    }
}
