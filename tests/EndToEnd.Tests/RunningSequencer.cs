using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sequencer.Attestation.Verification;

namespace Sequencer.EndToEnd.Tests;

/// <summary>
/// A gateway and its simulated enclave as processes of their own, on a loopback port and in a folder of
/// their own. What the tests kill, they started.
/// </summary>
internal sealed class RunningSequencer : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);

    private readonly List<string> _output = [];
    private Process? _gateway;

    private RunningSequencer(string folder, int port)
    {
        Folder = folder;
        Url = new Uri($"http://127.0.0.1:{port}");
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 128 })
        {
            BaseAddress = Url,
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    public string Folder { get; }

    public string DataDirectory => Path.Combine(Folder, "data");

    public string PolicyFile => Path.Combine(Folder, "trust-policy.json");

    public string DevelopmentRoot => Path.Combine(Folder, "nsm", "development-root.der");

    public Uri Url { get; }

    public HttpClient Http { get; }

    private string Socket => Path.Combine(Folder, "e.sock");

    /// <summary>Starts both, and waits until entries can be appended.</summary>
    public static async Task<RunningSequencer> StartAsync()
    {
        // Short, because the path of a UNIX socket has at most 107 bytes.
        string folder = Directory.CreateTempSubdirectory("seq-").FullName;
        var running = new RunningSequencer(folder, FreePort());
        await running.StartGatewayAsync();
        return running;
    }

    public async Task StartGatewayAsync()
    {
        string enclave =
            $"dotnet {Built("enclave/Simulated", "Sequencer.Enclave.Simulated")}"
            + $" --socket {Socket} --root-directory {Path.Combine(Folder, "nsm")} --exit-when-idle 20";
        _gateway = Start(
            "dotnet",
            [
                Built("gateway/Gateway", "Sequencer.Gateway"),
                "--listen", Url.ToString().TrimEnd('/'),
                "--data", DataDirectory,
                "--enclave", $"unix:{Socket}",
                "--enclave-command", enclave,
            ]);
        await UntilReadyAsync();
    }

    /// <summary>Waits until <c>/readyz</c> says so.</summary>
    public async Task UntilReadyAsync()
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < ReadyWithin)
        {
            if (_gateway is { HasExited: true }) break;
            try
            {
                using HttpResponseMessage answer = await Http.GetAsync("/readyz");
                if (answer.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(50);
        }
        throw new InvalidOperationException($"Not ready. The gateway said:\n{Output()}");
    }

    /// <summary>kill -9 of the gateway alone; its enclave lives on.</summary>
    public async Task KillGatewayAsync()
    {
        _gateway!.Kill(entireProcessTree: false);
        await _gateway.WaitForExitAsync();
    }

    /// <summary>kill -9 of the simulated enclave, found among the gateway's children.</summary>
    public void KillEnclave()
    {
        foreach (Process child in EnclaveProcesses())
        {
            child.Kill();
            child.WaitForExit();
        }
    }

    /// <summary>Runs the <c>sequencer</c> command and returns its exit code and what it printed.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Built("attestation/Cli", "Sequencer.Cli"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        return (process.ExitCode, await output + await error);
    }

    /// <summary>Makes a trust policy from the running log, as a first-time user does.</summary>
    public async Task<LogVerifier> WritePolicyAsync()
    {
        (int code, string output) = await RunAsync(
            "policy", "--url", Url.ToString(), "--insecure-development-root", DevelopmentRoot,
            "--output", PolicyFile, "--force");
        Assert.True(code == 0, output);
        byte[] json = await File.ReadAllBytesAsync(PolicyFile);
        Assert.True(TrustPolicy.TryParse(json, out TrustPolicy? policy, out string? fault), fault);
        return new LogVerifier(policy!);
    }

    public string Output()
    {
        lock (_output) return string.Join('\n', _output);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_gateway is { HasExited: false })
        {
            // An orderly end, so that the gateway ends its enclave itself.
            using Process term = Process.Start(
                "bash", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -TERM {_gateway.Id}")]);
            await term.WaitForExitAsync();
            await _gateway.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        }
        KillEnclave();
        _gateway?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private Process Start(string program, string[] arguments)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_output)
        {
            if (_output.Count == 1000) _output.RemoveAt(0);
            _output.Add(line);
        }
    }

    // The socket's path names this test's folder, so nobody else's process can match.
    private IEnumerable<Process> EnclaveProcesses()
    {
        foreach (string path in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(path), out int id)) continue;
            string command;
            try
            {
                command = File.ReadAllText(Path.Combine(path, "cmdline"));
            }
            catch (IOException)
            {
                continue;
            }
            string[] arguments = command.Split('\0');
            if (arguments.Contains(Socket) && !arguments.Contains("--enclave-command"))
            {
                yield return Process.GetProcessById(id);
            }
        }
    }

    // These tests and the programs are built in one configuration: bin/<configuration>/net10.0.
    private static string Built(string project, string assembly)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        string configuration = here.Parent!.Name;
        string root = here.Parent.Parent!.Parent!.Parent!.Parent!.FullName;
        string path = Path.Combine(root, project, "bin", configuration, here.Name, assembly + ".dll");
        Assert.True(File.Exists(path), $"{path} was not built.");
        return path;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
