using System.Globalization;
using Sequencer.Bench.Suite;

namespace Sequencer.Bench.Parts;

/// <summary>What the trusted core takes for a record, on logs of several sizes.</summary>
internal sealed class CorePart : IPart
{
    private const int WarmUpBatches = 300;
    private const int Batches = 300;

    // "0" has as many as a few batches ask for: guards need streams that exist.
    private static readonly (string Name, int Records)[] Sizes =
        [("at 0", 10_000), ("at 1 M", 1_000_000), ("at 10 M", 10_000_000)];

    private static readonly (string Name, RequestKind Kind)[] Kinds =
    [
        ("plain", RequestKind.Plain),
        ("stream-guarded", RequestKind.Guarded),
        ("idempotent", RequestKind.Idempotent),
    ];

    public string Id => "core";

    public string Title => "trusted core, one thread";

    public string Method =>
        "batches of 1,000 in process, unsigned, on logs that hold so many streams and remembered "
        + "keys (0: ten thousand); streams in random order, keys all new, the oldest displaced";

    public Task<IReadOnlyList<Figure>> MeasureAsync(
        int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        var samples = new Samples();
        foreach ((string size, int records) in Sizes)
        {
            Measure(size, records, runs, samples, progress, cancellationToken);
        }
        return Task.FromResult(samples.Figures());
    }

    private static void Measure(
        string size,
        int records,
        int runs,
        Samples samples,
        Action<string> progress,
        CancellationToken cancellationToken)
    {
        progress($"{size}: filling");
        var log = new CoreLog((uint)records);
        for (int filled = 0; filled < records; filled += 100 * BatchTemplate.Requests)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int left = (records - filled) / BatchTemplate.Requests;
            log.Append(RequestKind.NewStreamAndKey, Math.Min(100, left));
        }
        foreach ((_, RequestKind kind) in Kinds) log.Append(kind, WarmUpBatches);
        for (int run = 0; run < runs; run++)
        {
            foreach ((string name, RequestKind kind) in Kinds)
            {
                cancellationToken.ThrowIfCancellationRequested();
                CoreCost cost = log.Append(kind, Batches);
                samples.Add(
                    $"{name} {size}", "records/s", 1e9 / cost.Nanoseconds,
                    isHeadline: records == Sizes[^1].Records,
                    new Detail("time", "ns/record", cost.Nanoseconds),
                    new Detail("allocated", "bytes/batch", cost.BatchAllocatedBytes));
                progress(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name} {size}: {cost.Nanoseconds:F0} ns/record"));
            }
        }
    }
}
