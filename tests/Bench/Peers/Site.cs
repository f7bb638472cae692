using System.Net;
using System.Net.Sockets;
using Sequencer.Bench.Report;

namespace Sequencer.Bench.Peers;

/// <summary>
/// Where one system runs for one round: an empty folder and a port of its own. What was started
/// here is stopped, and the folder deleted, with the site.
/// </summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly Stack<ServerProcess> _servers = new();
    private readonly List<IDisposable> _clients = [];

    /// <summary>The folder is in TMPDIR, short enough for the path of a UNIX socket.</summary>
    public Site()
    {
        Folder = Directory.CreateTempSubdirectory("seq-").FullName;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public string Folder { get; }

    /// <summary>A port that nobody listened at.</summary>
    public int Port { get; }

    /// <summary>How fast the disk is that sites are on.</summary>
    /// <exception cref="PeerException">It is in memory.</exception>
    public static async Task<DiskProbe> ProbeDiskAsync()
    {
        await using var site = new Site();
        var disk = DiskProbe.Measure(site.Folder);
        return disk.FileSystem is not ("tmpfs" or "ramfs")
            ? disk
            : throw new PeerException(
                $"{System.IO.Path.GetTempPath()} is in memory: set TMPDIR to a folder on a disk.");
    }

    /// <summary>A path in the folder.</summary>
    public string Path(string name) => System.IO.Path.Combine(Folder, name);

    /// <summary>The address of a server at the port.</summary>
    public Uri Url(string scheme) => new UriBuilder(scheme, "127.0.0.1", Port).Uri;

    /// <summary>Starts a server that ends with the site.</summary>
    public ServerProcess Start(
        string program,
        IEnumerable<string> arguments,
        params (string Name, string Value)[] variables)
    {
        ServerProcess server = ServerProcess.Start(program, arguments, variables);
        _servers.Push(server);
        return server;
    }

    /// <summary>Keeps a client of its servers until the site ends.</summary>
    public T Keep<T>(T client)
        where T : IDisposable
    {
        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IDisposable client in _clients) client.Dispose();
        while (_servers.TryPop(out ServerProcess? server)) await server.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
