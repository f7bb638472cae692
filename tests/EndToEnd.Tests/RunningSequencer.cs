using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sequencer.Attestation.Verification;

namespace Sequencer.EndToEnd.Tests;

/// <summary>
/// A gateway and its enclave, simulated unless another is given, as processes of their own, on a
/// loopback port and in a folder of their own. What the tests kill, they started.
/// </summary>
internal sealed class RunningSequencer : IAsyncDisposable
{
    private readonly List<string> _output = [];
    private Process? _gateway;

    private RunningSequencer(string folder, int port, EnclaveLaunch enclave)
    {
        Folder = folder;
        Enclave = enclave;
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

    public string DevelopmentRoot => Path.Combine(Enclave.RootDirectory, "development-root.der");

    public Uri Url { get; }

    public HttpClient Http { get; }

    /// <summary>Records from one snapshot to the next; 0 for none.</summary>
    public int SnapshotRecords { get; private set; }

    /// <summary>What the gateway is given to finish what has arrived.</summary>
    public int ShutdownSeconds { get; set; } = 30;

    /// <summary>What the next start of the gateway starts.</summary>
    public EnclaveLaunch Enclave { get; set; }

    /// <summary>
    /// Starts both, and waits until entries can be appended; <paramref name="launch"/> says which
    /// enclave, given the folder.
    /// </summary>
    public static async Task<RunningSequencer> StartAsync(
        Func<string, EnclaveLaunch>? launch = null, int snapshotRecords = 0)
    {
        RunningSequencer running = Prepare(launch);
        running.SnapshotRecords = snapshotRecords;
        await running.StartGatewayAsync();
        return running;
    }

    /// <summary>As <see cref="StartAsync"/>, for an enclave with which it never gets ready.
    /// </summary>
    public static RunningSequencer StartUnready(Func<string, EnclaveLaunch> launch)
    {
        RunningSequencer running = Prepare(launch);
        running.StartGateway();
        return running;
    }

    /// <summary>Starts the gateway, and with it its enclave, and waits for neither.</summary>
    public void StartGateway()
    {
        _gateway?.Dispose();
        _gateway = Start(
            "dotnet",
            [
                EnclaveLaunch.Built("gateway/Gateway", "Sequencer.Gateway"),
                "--listen", Url.ToString().TrimEnd('/'),
                "--data", DataDirectory,
                "--enclave", Enclave.Endpoint,
                "--enclave-command", Enclave.Command,
                "--snapshot-records", SnapshotRecords.ToString(CultureInfo.InvariantCulture),
                "--shutdown-seconds", ShutdownSeconds.ToString(CultureInfo.InvariantCulture),
            ]);
    }

    /// <summary>Starts the gateway, and waits until entries can be appended.</summary>
    public async Task StartGatewayAsync()
    {
        StartGateway();
        await UntilReadyAsync();
    }

    private static RunningSequencer Prepare(Func<string, EnclaveLaunch>? launch)
    {
        // Short, because the path of a UNIX socket has at most 107 bytes.
        string folder = Directory.CreateTempSubdirectory("seq-").FullName;
        return new RunningSequencer(folder, FreePort(), (launch ?? EnclaveLaunch.Simulated)(folder));
    }

    /// <summary>Waits until <c>/readyz</c> says so.</summary>
    public async Task UntilReadyAsync()
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < Enclave.ReadyWithin)
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

    /// <summary>Waits until <c>/readyz</c> names a problem.</summary>
    public async Task UntilProblemAsync(string type)
    {
        for (int i = 0; i < 600; i++)
        {
            try
            {
                using HttpResponseMessage answer = await Http.GetAsync("/readyz");
                string text = await answer.Content.ReadAsStringAsync();
                if (text.Contains(type, StringComparison.Ordinal)) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(50);
        }
        throw new InvalidOperationException($"No {type}. The gateway said:\n{Output()}");
    }

    /// <summary>Asks for the planned end of the epoch, as an operator does.</summary>
    public Task SealAsync() => SignalAsync("USR2");

    /// <summary>An orderly end, so that the gateway ends its enclave itself; gives its exit code.
    /// </summary>
    public async Task<int> StopGatewayAsync()
    {
        await SignalAsync("TERM");
        return await UntilGatewayEndsAsync();
    }

    /// <summary>Waits for the end of the gateway and gives its exit code.</summary>
    public async Task<int> UntilGatewayEndsAsync()
    {
        await _gateway!.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        return _gateway.ExitCode;
    }

    /// <summary>kill -9 of the gateway alone; its enclave lives on.</summary>
    public async Task KillGatewayAsync()
    {
        _gateway!.Kill(entireProcessTree: false);
        await _gateway.WaitForExitAsync();
    }

    /// <summary>kill -9 of the enclave: the simulated one, or the virtual machine of another.</summary>
    public void KillEnclave()
    {
        foreach (Process child in EnclaveProcesses())
        {
            child.Kill();
            child.WaitForExit();
        }
    }

    /// <summary>Sends the enclave's process a signal.</summary>
    public async Task SignalEnclaveAsync(string signal)
    {
        foreach (Process child in EnclaveProcesses()) await SignalAsync(signal, child.Id);
    }

    /// <summary>Sends the gateway a signal.</summary>
    public Task SignalAsync(string signal) => SignalAsync(signal, _gateway!.Id);

    /// <summary>Runs the <c>sequencer</c> command and returns its exit code and what it printed.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        string cli = EnclaveLaunch.Built("attestation/Cli", "Sequencer.Cli");
        var start = new ProcessStartInfo("dotnet", [cli, .. arguments])
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
    public async Task<LogVerifier> WritePolicyAsync(params string[] more)
    {
        (int code, string output) = await RunAsync([
            "policy", "--url", Url.ToString(), "--insecure-development-root", DevelopmentRoot,
            "--output", PolicyFile, "--force", .. more]);
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
        if (_gateway is { HasExited: false }) await StopGatewayAsync();
        KillEnclave();
        _gateway?.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private static async Task SignalAsync(string signal, int process)
    {
        using Process kill = Process.Start(
            "bash",
            ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -{signal} {process}")]);
        await kill.WaitForExitAsync();
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

    // The argument names this test's folder, so nobody else's process can match.
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
            if (arguments.Contains(Enclave.ProcessArgument) && !arguments.Contains("--enclave-command"))
            {
                Process process;
                try
                {
                    process = Process.GetProcessById(id);
                }
                catch (ArgumentException)
                {
                    // It ended meanwhile.
                    continue;
                }
                yield return process;
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
