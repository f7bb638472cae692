using System.Globalization;
using Sequencer.Bench.Load;

namespace Sequencer.Bench.Peers;

/// <summary>Redis Streams with the strictest setting of its append-only file.</summary>
internal sealed class RedisPeer(Packages packages) : IPeer
{
    public string Id => "redis";

    public string Name => "Redis Streams";

    public Guarantees Guarantees => new(Ordered: true, Durable: true);

    public string Promise => "the append-only file is synced (appendfsync always)";

    public IReadOnlyList<PeerLoad> Loads =>
    [
        new(PeerLoad.Single, 1),
        new(PeerLoad.Single, 64),
        new("pipelines of 64", 64, 64),
    ];

    public async Task<RunningPeer> StartAsync(Site site, CancellationToken cancellationToken)
    {
        string program = packages.File(Id, "root/usr/bin/redis-server");
        ServerProcess server = site.Start(
            program,
            [
                "--bind", "127.0.0.1",
                "--port", site.Port.ToString(CultureInfo.InvariantCulture),
                "--dir", site.Folder,
                "--save", "",
                "--appendonly", "yes",
                "--appendfsync", "always",
                // A log is never shorter when it is written anew.
                "--auto-aof-rewrite-percentage", "0",
            ],
            packages.Libraries(Id));
        await server.UntilListeningAsync(site.Port, cancellationToken);
        Uri url = site.Url("redis");
        return new RunningPeer(url, packages.Version(Id, "redis-server"), () => CountAsync(url));
    }

    // ":7\r\n"
    private static async Task<long> CountAsync(Uri url)
    {
        string answer = await Dialogue.AskAsync(
            url, $"XLEN {RedisWire.Stream}\r\n",
            said => said.StartsWith(':') && said.EndsWith("\r\n", StringComparison.Ordinal));
        return long.Parse(answer.AsSpan(1).Trim(), CultureInfo.InvariantCulture);
    }
}
