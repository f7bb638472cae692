using System.Globalization;
using Sequencer.Bench.Load;

namespace Sequencer.Bench.Peers;

/// <summary>PostgreSQL as it comes, with a table of numbered entries.</summary>
internal sealed class PostgresPeer(Packages packages) : IPeer
{
    private const string Programs = "root/usr/lib/postgresql/15/bin/";

    public string Id => "postgresql";

    public string Name => "PostgreSQL";

    // Numbers of a sequence are taken before the commit: they show up in another order, with gaps.
    public Guarantees Guarantees => new(Durable: true);

    public string Promise => "the transaction's log is synced (fsync and synchronous_commit on)";

    public IReadOnlyList<PeerLoad> Loads =>
    [
        new(PeerLoad.Single, 1),
        new(PeerLoad.Single, 64),
        new("inserts of 100 rows", 1, 100),
        new("inserts of 100 rows", 16, 100),
    ];

    public async Task<RunningPeer> StartAsync(Site site, CancellationToken cancellationToken)
    {
        (string, string) libraries = packages.Libraries(Id);
        string data = site.Path("data");
        (string program, string[] prefix) = AsUser(packages.File(Id, Programs + "initdb"));
        await ServerProcess.RunAsync(
            program,
            [
                .. prefix, "-D", data, "-U", PostgresWire.User, "-A", "trust", "-E", "UTF8",
                "--no-locale",
            ],
            libraries);
        (program, prefix) = AsUser(packages.File(Id, Programs + "postgres"));
        ServerProcess server = site.Start(
            program,
            [
                .. prefix, "-D", data,
                "-p", site.Port.ToString(CultureInfo.InvariantCulture),
                "-c", "listen_addresses=127.0.0.1",
                "-c", "unix_socket_directories=",
            ],
            libraries);
        await server.UntilListeningAsync(site.Port, cancellationToken);
        Uri url = site.Url("postgresql");
        await server.UntilAsync(() => TryCreateTableAsync(url), cancellationToken);
        return new RunningPeer(url, packages.Version(Id, "postgresql-15"), async () => long.Parse(
            await PostgresQuery.RunAsync(url, "SELECT count(*) FROM log") ?? "",
            CultureInfo.InvariantCulture));
    }

    // PostgreSQL refuses to run as root. In a namespace where root has another number it sees a
    // plain user, and what it writes is still its caller's.
    private static (string Program, string[] Prefix) AsUser(string program) =>
        Environment.IsPrivilegedProcess
            ? ("unshare", ["--user", "--map-user=1000", program])
            : (program, []);

    // It listens a moment before it takes sessions.
    private static async Task<bool> TryCreateTableAsync(Uri url)
    {
        try
        {
            await PostgresQuery.RunAsync(url, PostgresWire.CreateTable);
            return true;
        }
        catch (WireException)
        {
            return false;
        }
    }
}
