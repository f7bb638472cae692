using System.Globalization;
using System.Text.RegularExpressions;
using Sequencer.Bench.Load;

namespace Sequencer.Bench.Peers;

/// <summary>NATS JetStream with a stream in files, of one server.</summary>
internal sealed partial class NatsPeer : IPeer
{
    private const string Inbox = "_INBOX.peers";

    private readonly Packages _packages;
    private readonly bool _isSynced;

    private NatsPeer(Packages packages, bool isSynced)
    {
        _packages = packages;
        _isSynced = isSynced;
    }

    public string Id => _isSynced ? "nats-sid" : "nats";

    public string Name => _isSynced ? "NATS JetStream, synced" : "NATS JetStream";

    public Guarantees Guarantees => new(Ordered: true, Durable: _isSynced);

    public string Promise => _isSynced
        ? "the stream's file is synced (sync_interval always)"
        : "the stream's file is written, but synced only every two minutes";

    // It syncs each entry by itself, so more of them in flight wait longer and are no more.
    public IReadOnlyList<PeerLoad> Loads =>
    [
        new(PeerLoad.Single, 1),
        new(PeerLoad.Single, 64),
        .. _isSynced ? (PeerLoad[])[] : [new("64 in flight", 64, 64)],
    ];

    /// <summary>The release of Debian's stable distribution, which cannot do otherwise than to
    /// acknowledge before it syncs.</summary>
    public static NatsPeer Stable(Packages packages) => new(packages, isSynced: false);

    /// <summary>A newer release, told to sync first.</summary>
    public static NatsPeer Synced(Packages packages) => new(packages, isSynced: true);

    public async Task<RunningPeer> StartAsync(Site site, CancellationToken cancellationToken)
    {
        string program = _packages.File(Id, "root/usr/sbin/nats-server");
        string configuration = site.Path("nats.conf");
        await File.WriteAllTextAsync(
            configuration,
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                listen: "127.0.0.1:{{site.Port}}"
                jetstream {
                  store_dir: "{{site.Path("store")}}"
                  {{(_isSynced ? "sync_interval: always" : "")}}
                }

                """),
            cancellationToken);
        ServerProcess server = site.Start(program, ["--config", configuration]);
        await server.UntilListeningAsync(site.Port, cancellationToken);
        Uri url = site.Url("nats");
        const string name = NatsWire.Stream;
        await RequestAsync(
            url, $"STREAM.CREATE.{name}",
            $$"""{"name":"{{name}}","subjects":["{{name}}"],"storage":"file"}""");
        return new RunningPeer(
            url, _packages.Version(Id, "nats-server"), () => CountAsync(url));
    }

    private static async Task<long> CountAsync(Uri url)
    {
        string answer = await RequestAsync(url, $"STREAM.INFO.{NatsWire.Stream}", "");
        return long.Parse(Messages().Match(answer).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    // Both answers have the stream's state in them, with its count of messages.
    private static Task<string> RequestAsync(Uri url, string subject, string body) =>
        Dialogue.AskAsync(
            url,
            "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n"
            + $"SUB {Inbox} 1\r\nPUB $JS.API.{subject} {Inbox} {body.Length}\r\n{body}\r\n",
            said => Messages().IsMatch(said));

    [GeneratedRegex("\"messages\":([0-9]+)[,}]")]
    private static partial Regex Messages();
}
