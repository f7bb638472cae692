using System.Globalization;
using Sequencer.Bench.Suite;

namespace Sequencer.Bench.Parts;

/// <summary>Memory that a core's streams and remembered keys take up.</summary>
internal sealed class MemoryPart : IPart
{
    private const int Batches = 1000;

    private static readonly (string Name, RequestKind Kind)[] Contents =
    [
        ("a stream", RequestKind.NewStream),
        ("a remembered key", RequestKind.Idempotent),
    ];

    public string Id => "memory";

    public string Title => "memory of the core";

    public string Method =>
        "resident memory that a log's first million grew the process by, divided by it";

    public Task<IReadOnlyList<Figure>> MeasureAsync(
        int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        var samples = new Samples();
        for (int run = 0; run < runs; run++)
        {
            foreach ((string name, RequestKind kind) in Contents)
            {
                cancellationToken.ThrowIfCancellationRequested();
                double bytes = Measure(kind);
                samples.Add(name, "bytes", bytes, isHeadline: true);
                progress(string.Create(CultureInfo.InvariantCulture, $"{name}: {bytes:F1} bytes"));
            }
        }
        return Task.FromResult(samples.Figures());
    }

    private static double Measure(RequestKind kind)
    {
        // Of a log that was before, nothing may be left to be used again.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var log = new CoreLog(Batches * BatchTemplate.Requests);
        log.Append(kind, 1);
        long before = Environment.WorkingSet;
        log.Append(kind, Batches);
        return (Environment.WorkingSet - before) / ((double)Batches * BatchTemplate.Requests);
    }
}
