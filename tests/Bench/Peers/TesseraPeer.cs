using System.Globalization;

namespace Sequencer.Bench.Peers;

/// <summary>
/// Tessera's POSIX log behind the HTTP server of <c>tests/peers/tessera</c>: the verifiable log to
/// compare with.
/// </summary>
internal sealed class TesseraPeer(Packages packages) : IPeer
{
    private const string Add = "/add";

    public string Id => "tessera";

    public string Name => "Tessera";

    public Guarantees Guarantees => new(Ordered: true, Durable: true, Verifiable: true);

    public string Promise => "the entry is in the tree, under a published checkpoint, all synced";

    public IReadOnlyList<PeerLoad> Loads =>
    [
        new(PeerLoad.Single, 1, Path: Add),
        new(PeerLoad.Single, 64, Path: Add),
        new(PeerLoad.Single, 1024, Path: Add),
    ];

    public async Task<RunningPeer> StartAsync(Site site, CancellationToken cancellationToken)
    {
        string program = packages.File(Id, "bin/tessera");
        Uri url = site.Url("http");
        ServerProcess server = site.Start(
            program, ["-listen", url.Authority, "-folder", site.Path("log")]);
        await server.UntilListeningAsync(site.Port, cancellationToken);
        return new RunningPeer(
            url,
            packages.Version(Id, "golang-github-transparency-dev-tessera-dev"),
            () => CountAsync(url));
    }

    private static async Task<long> CountAsync(Uri url)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        return long.Parse(
            await http.GetStringAsync(new Uri(url, "/size")), CultureInfo.InvariantCulture);
    }
}
