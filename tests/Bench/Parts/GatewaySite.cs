using Sequencer.Bench.Load;
using Sequencer.Bench.Peers;

namespace Sequencer.Bench.Parts;

/// <summary>A gateway and a simulated enclave, each a process of its own, on empty data.</summary>
internal sealed class GatewaySite : IAsyncDisposable
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(2);

    private readonly Site _site;

    private GatewaySite(Site site, RunningPeer gateway)
    {
        _site = site;
        Gateway = gateway;
    }

    public RunningPeer Gateway { get; }

    /// <summary>Starts them and waits until entries are taken.</summary>
    /// <exception cref="PeerException">They do not start.</exception>
    public static async Task<GatewaySite> StartAsync(CancellationToken cancellationToken)
    {
        var site = new Site();
        try
        {
            var peer = new SequencerPeer(new AnswerSizes());
            return new GatewaySite(site, await peer.StartAsync(site, cancellationToken));
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts it under a load that is not counted: what is compiled at first.</summary>
    public Task SettleAsync(string path, int entries, CancellationToken cancellationToken) =>
        LoadProcess.RunAsync(
            Plan(path, connections: 32, entries) with
            {
                WarmUp = TimeSpan.Zero,
                Measured = Settling,
            },
            cancellationToken);

    /// <summary>A load of this gateway as long as all others.</summary>
    public LoadPlan Plan(string path, int connections, int entries) => new(
        new Uri(Gateway.Url, path), connections, entries, WarmUp, Measured);

    public ValueTask DisposeAsync() => _site.DisposeAsync();
}
