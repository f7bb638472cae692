using System.Runtime.InteropServices;

namespace Sequencer.Bench.Peers;

/// <summary>
/// Kestrel with an endpoint that does nothing: what HTTP alone costs on this machine, with bodies
/// and answers of the gateway's sizes.
/// </summary>
internal sealed class CeilingPeer(AnswerSizes sizes) : IPeer
{
    public string Id => "ceiling";

    public string Name => "Empty Kestrel endpoint";

    public Guarantees Guarantees => new();

    public string Promise => "the body was read; nothing is kept";

    public IReadOnlyList<PeerLoad> Loads =>
    [
        new(PeerLoad.Single, 1, Path: Ceiling.Path(sizes.WithoutReceipt)),
        new(PeerLoad.Single, 64, Path: Ceiling.Path(sizes.WithoutReceipt)),
        new("one entry, an answer of that size", 64, Path: Ceiling.Path(sizes.WithReceipt)),
    ];

    public async Task<RunningPeer> StartAsync(Site site, CancellationToken cancellationToken)
    {
        Uri url = site.Url("http");
        // The garbage collector of the gateway, which a web program has by default.
        ServerProcess server = site.Start(
            Environment.ProcessPath!, ["ceiling", url.ToString().TrimEnd('/')],
            ("DOTNET_gcServer", "1"));
        await server.UntilListeningAsync(site.Port, cancellationToken);
        return new RunningPeer(url, RuntimeInformation.FrameworkDescription, CountAsync: null);
    }
}
