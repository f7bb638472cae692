using System.Diagnostics;
using System.Globalization;
using System.Net;
using Sequencer.Bench.Load;
using Sequencer.Bench.Peers;
using Sequencer.Bench.Suite;

namespace Sequencer.Bench.Parts;

/// <summary>What subscribers (server-sent events) take: memory, and of the writers' rate.</summary>
/// <param name="loads">What samples and verifies receipts meanwhile.</param>
internal sealed class SubscribersPart(SampledLoads loads) : IPart
{
    private const int Idle = 1000;
    private const int Readers = 50;
    private const int Writers = 64;
    private const string OfNothing = "/v1/streams/none/entries";
    private const string OfAll = "/v1/entries?from=end";

    public string Id => "subscribers";

    public string Title => "subscribers";

    public string Method =>
        "64 connections append entries of 256 bytes one by one, beside a thousand subscribers of a "
        + "stream that does not grow, and fifty more who read the whole log from memory; lag is "
        + "from the enclave's time of an entry to its arrival; memory is what the gateway's "
        + "process grew by";

    public async Task<IReadOnlyList<Figure>> MeasureAsync(
        int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        var samples = new Samples();
        for (int run = 0; run < runs; run++)
        {
            await MeasureMemoryAsync(samples, progress, cancellationToken);
        }
        await using GatewaySite site = await GatewaySite.StartAsync(cancellationToken);
        await site.SettleAsync(SequencerPeer.WithoutReceipt, entries: 1, cancellationToken);
        // The first round, which compiles what the others run, is not counted.
        for (int run = -1; run < runs; run++)
        {
            await MeasureAppendsAsync(
                site, run < 0 ? new Samples() : samples, progress, cancellationToken);
        }
        return samples.Figures();
    }

    // Of a gateway that has done nothing yet, whose heap has no room left over.
    private static async Task MeasureMemoryAsync(
        Samples samples, Action<string> progress, CancellationToken cancellationToken)
    {
        await using GatewaySite site = await GatewaySite.StartAsync(cancellationToken);
        IPEndPoint address = Address(site);
        using var process = new ProcessFigures(site.Gateway.Url);
        using var few = await Subscribers.OpenAsync(address, 10, OfNothing, cancellationToken);
        long before = await process.ResidentBytesAsync(cancellationToken);
        using var many = await Subscribers.OpenAsync(address, Idle, OfNothing, cancellationToken);
        double grown = await process.ResidentBytesAsync(cancellationToken) - before;
        samples.Add(
            "memory of an idle one", "KiB", grown / 1024 / Idle, isHeadline: true,
            new Detail("a thousand", "MB", grown / 1e6));
        progress(string.Create(
            CultureInfo.InvariantCulture, $"{Idle} idle: {grown / 1e6:F1} MB"));
    }

    private async Task MeasureAppendsAsync(
        GatewaySite site,
        Samples samples,
        Action<string> progress,
        CancellationToken cancellationToken)
    {
        IPEndPoint address = Address(site);
        samples.Add(
            "appends, nobody subscribed", "entries/s",
            await AppendAsync(site, cancellationToken), progress);
        using var idle = await Subscribers.OpenAsync(address, Idle, OfNothing, cancellationToken);
        samples.Add(
            "appends, 1,000 idle", "entries/s",
            await AppendAsync(site, cancellationToken), progress);
        using var reading = await Subscribers.OpenAsync(address, Readers, OfAll, cancellationToken);
        long bytes = reading.Bytes;
        long start = Stopwatch.GetTimestamp();
        LoadResult result = await AppendAsync(site, cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        samples.Add(
            "appends, 1,000 idle, 50 of the whole log", "entries/s", result, progress,
            new Detail("read", "MB/s", (reading.Bytes - bytes) / 1e6 / seconds),
            new Detail("lag p50", "ms", reading.LagMs(0.5)),
            new Detail("lag p99", "ms", reading.LagMs(0.99)));
    }

    private static IPEndPoint Address(GatewaySite site) =>
        new(IPAddress.Loopback, site.Gateway.Url.Port);

    private Task<LoadResult> AppendAsync(GatewaySite site, CancellationToken cancellationToken) =>
        loads.RunAsync(
            site.Gateway, site.Plan(SequencerPeer.WithoutReceipt, Writers, entries: 1),
            cancellationToken);
}
