using System.Globalization;
using Sequencer.Bench.Load;
using Sequencer.Bench.Report;

namespace Sequencer.Bench.Peers;

/// <summary>
/// Every system under the same loads, one at a time, in rounds: in each, all of them in turn, so
/// that what the machine does meanwhile falls on all alike. What fails is a row with its reason.
/// </summary>
internal sealed class PeersBench
{
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(5);

    private readonly PeersPlan _plan;
    private readonly IPeer[] _peers;
    private readonly Dictionary<(IPeer Peer, LoadKind Kind), List<LoadResult>> _results = [];
    private readonly Dictionary<IPeer, string> _versions = [];
    private readonly List<SkippedRow> _skipped = [];
    private readonly SampledLoads _loads = new();

    private PeersBench(PeersPlan plan)
    {
        _plan = plan;
        var packages = new Packages(plan.Packages);
        var sizes = new AnswerSizes();
        IPeer[] all =
        [
            new SequencerPeer(sizes),
            new TesseraPeer(packages),
            new RedisPeer(packages),
            new PostgresPeer(packages),
            NatsPeer.Stable(packages),
            NatsPeer.Synced(packages),
            new CeilingPeer(sizes),
        ];
        _peers = [.. all.Where(peer => plan.Only.Count == 0 || plan.Only.Contains(peer.Id))];
    }

    /// <summary>Measures everything and gives the report.</summary>
    /// <exception cref="OperationCanceledException">It was asked to end; everything that it started
    /// has ended.</exception>
    public static async Task<PeersReport> RunAsync(
        PeersPlan plan, CancellationToken cancellationToken)
    {
        Machine machine = await Machine.DescribeAsync(TimeProvider.System, cancellationToken);
        DiskProbe disk = await Site.ProbeDiskAsync();
        var bench = new PeersBench(plan);
        if (bench._peers.Length == 0) throw new PeerException("No system has one of these ids.");
        for (int round = 1; round <= plan.Rounds; round++)
        {
            foreach (IPeer peer in bench._peers)
            {
                await bench.RunPeerAsync(peer, round, cancellationToken);
            }
        }
        return new PeersReport(
            machine, disk, new Method(
                plan.Rounds, plan.WarmUp.TotalSeconds, plan.Measured.TotalSeconds,
                CallBytes.EntryBytes),
            bench.Rows(), bench._skipped, bench._loads.ReceiptsVerified);
    }

    private async Task RunPeerAsync(IPeer peer, int round, CancellationToken cancellationToken)
    {
        if (_skipped.Exists(row => row.System == peer.Name && row.Mode is null)) return;
        await using var site = new Site();
        RunningPeer running;
        try
        {
            running = await peer.StartAsync(site, cancellationToken);
            _versions[peer] = running.Version;
            await LoadProcess.RunAsync(Settling(peer, running), cancellationToken);
        }
        catch (Exception e) when (PeerFailure.Is(e, cancellationToken))
        {
            Skip(peer, null, e.Message);
            return;
        }
        // Asked for each time: the empty endpoint's depend on answers that were seen before.
        foreach (PeerLoad load in peer.Loads)
        {
            if (IsSkipped(peer, LoadKind.Of(load))) continue;
            try
            {
                LoadResult result = await RunLoadAsync(running, load, cancellationToken);
                Results(peer, LoadKind.Of(load)).Add(result);
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"round {round}/{_plan.Rounds}  {peer.Name}, {load.Mode}, {load.Connections} "
                    + $"connections: {result.EntriesPerSecond:N0}/s"));
            }
            catch (Exception e) when (PeerFailure.Is(e, cancellationToken))
            {
                Skip(peer, load, e.Message);
            }
        }
    }

    // Programs that are compiled while they run are slow at first: no system is measured cold.
    private static LoadPlan Settling(IPeer peer, RunningPeer running)
    {
        PeerLoad load = peer.Loads.First(load => load.Connections > 1);
        return new LoadPlan(
            new Uri(running.Url, load.Path), load.Connections, load.EntriesPerCall,
            WarmUp: TimeSpan.Zero, SettlingTime);
    }

    private Task<LoadResult> RunLoadAsync(
        RunningPeer peer, PeerLoad load, CancellationToken cancellationToken)
    {
        var plan = new LoadPlan(
            new Uri(peer.Url, load.Path), load.Connections, load.EntriesPerCall,
            _plan.WarmUp, _plan.Measured);
        return _loads.RunAsync(peer, plan, cancellationToken);
    }

    private List<LoadResult> Results(IPeer peer, LoadKind kind)
    {
        if (!_results.TryGetValue((peer, kind), out List<LoadResult>? results))
        {
            _results.Add((peer, kind), results = []);
        }
        return results;
    }

    private bool IsSkipped(IPeer peer, LoadKind kind) => _skipped.Exists(
        row => row.System == peer.Name
            && (row.Mode is null
                || (row.Mode == kind.Mode && row.Connections == kind.Connections)));

    private void Skip(IPeer peer, PeerLoad? load, string reason)
    {
        var row = new SkippedRow(
            peer.Name, load?.Mode, load?.Connections, reason.ReplaceLineEndings(" "));
        _skipped.Add(row);
        Console.Error.WriteLine(row);
    }

    private List<PeerRow> Rows() =>
    [
        .. from result in _results
           let peer = result.Key.Peer
           let kind = result.Key.Kind
           where !IsSkipped(peer, kind)
           let runs = result.Value
           select new PeerRow(
               peer.Name, _versions[peer], kind.Mode, kind.Connections, kind.EntriesPerCall,
               Spread.Of(runs.Select(run => run.EntriesPerSecond)),
               Spread.Of(runs.Select(run => run.P50Ms)).Median,
               Spread.Of(runs.Select(run => run.P99Ms)).Median,
               Spread.Of(runs.Select(run => run.P999Ms)).Median,
               peer.Guarantees, peer.Promise),
    ];

    // A load but for its path, in which the size of an answer may change from round to round.
    private readonly record struct LoadKind(string Mode, int Connections, int EntriesPerCall)
    {
        public static LoadKind Of(PeerLoad load) =>
            new(load.Mode, load.Connections, load.EntriesPerCall);
    }
}
