using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sequencer.Bench.Peers;

/// <summary>
/// A server that the bench started, and stops by its process id. It ends by itself too, should the
/// bench be killed before it could.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int LinesKept = 10;
    private static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly string _name;
    private readonly Process _process;
    private readonly Queue<string> _lines = new();

    private ServerProcess(string name, Process process)
    {
        _name = name;
        _process = process;
    }

    /// <summary>Starts a program with variables added to its environment.</summary>
    /// <exception cref="PeerException">There is no such program.</exception>
    public static ServerProcess Start(
        string program,
        IEnumerable<string> arguments,
        params (string Name, string Value)[] variables)
    {
        string life = LongestLife.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(
            "timeout", ["--kill-after=5", life, program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in variables) start.Environment[name] = value;
        var server = new ServerProcess(
            Path.GetFileName(program), new Process { StartInfo = start });
        server._process.OutputDataReceived += (_, line) => server.Keep(line.Data);
        server._process.ErrorDataReceived += (_, line) => server.Keep(line.Data);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Waits until something listens at a port of this machine.</summary>
    /// <exception cref="PeerException">The program ended, or took too long.</exception>
    public Task UntilListeningAsync(int port, CancellationToken cancellationToken) =>
        UntilAsync(
            async () =>
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            cancellationToken);

    /// <summary>Waits until a check holds, which is made many times a second.</summary>
    /// <exception cref="PeerException">The program ended, or took too long.</exception>
    public async Task UntilAsync(Func<Task<bool>> check, CancellationToken cancellationToken)
    {
        var waited = Stopwatch.StartNew();
        while (!await check())
        {
            if (_process.HasExited) throw new PeerException($"{_name} ended: {LastLines()}");
            if (waited.Elapsed > StartPatience)
            {
                throw new PeerException($"{_name} is not ready: {LastLines()}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="PeerException">It failed, or took too long.</exception>
    public static async Task RunAsync(
        string program,
        IEnumerable<string> arguments,
        params (string Name, string Value)[] variables)
    {
        await using ServerProcess run = Start(program, arguments, variables);
        using var patience = new CancellationTokenSource(StartPatience);
        try
        {
            await run._process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new PeerException($"{run._name} does not end: {run.LastLines()}");
        }
        if (run._process.ExitCode != 0)
        {
            throw new PeerException($"{run._name} failed: {run.LastLines()}");
        }
    }

    /// <summary>Asks it to end, and ends it with all that it started if it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            string id = _process.Id.ToString(CultureInfo.InvariantCulture);
            using Process kill = Process.Start("bash", ["-c", $"kill -TERM {id}"]);
            await kill.WaitForExitAsync();
            using var patience = new CancellationTokenSource(StopPatience);
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        lock (_lines)
        {
            _lines.Enqueue(line.Trim());
            if (_lines.Count > LinesKept) _lines.Dequeue();
        }
    }

    private string LastLines()
    {
        lock (_lines) return _lines.Count == 0 ? "it said nothing" : string.Join(" | ", _lines);
    }
}
