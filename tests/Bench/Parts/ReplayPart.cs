using System.Diagnostics;
using System.Globalization;
using Sequencer.Bench.Peers;
using Sequencer.Bench.Suite;
using Sequencer.Enclave.Core;

namespace Sequencer.Bench.Parts;

/// <summary>How fast the core reads a log anew, as it does at the start of an epoch.</summary>
internal sealed class ReplayPart : IPart
{
    private const int Batches = 1000;

    private static readonly (string Name, RequestKind Kind)[] Logs =
    [
        ("plain records", RequestKind.Plain),
        ("records each of a new stream, with a key", RequestKind.NewStreamAndKey),
    ];

    public string Id => "replay";

    public string Title => "replay in the core";

    public string Method => "a million records from memory, one thread, all checked";

    public Task<IReadOnlyList<Figure>> MeasureAsync(
        int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        var samples = new Samples();
        foreach ((string name, RequestKind kind) in Logs)
        {
            var log = new CoreLog(Batches * BatchTemplate.Requests);
            var bundles = new List<byte[]>(Batches);
            log.Append(kind, Batches, bundles.Add);
            for (int run = 0; run < runs; run++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                double seconds = Replay(log.Genesis, bundles);
                double rate = Batches * BatchTemplate.Requests / seconds;
                samples.Add(
                    name, "records/s", rate, isHeadline: true,
                    new Detail("time", "ns/record", 1e9 / rate));
                progress(string.Create(
                    CultureInfo.InvariantCulture, $"{name}: {rate:N0} records/s"));
            }
        }
        return Task.FromResult(samples.Figures());
    }

    private static double Replay(byte[] genesis, List<byte[]> bundles)
    {
        var core = new SequencerCore(CoreLog.Limits);
        core.BeginReplay(ulong.MaxValue, [], []);
        core.ReplayRecords(genesis);
        long start = Stopwatch.GetTimestamp();
        foreach (byte[] bundle in bundles)
        {
            if (core.ReplayRecords(bundle) != CoreResult.Done)
            {
                throw new PeerException($"The replay is refused: {core.ReplayFault}.");
            }
        }
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
