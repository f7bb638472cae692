using System.Diagnostics;
using System.Text.Json;
using Sequencer.Enclave.Host.Link;
using Sequencer.Enclave.Simulated;
using Sequencer.Enclave.Tests.Host;

namespace Sequencer.Enclave.Tests.Simulated;

/// <summary>The program as a process of its own.</summary>
public sealed class ProgramTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("sequencer-").FullName;
    private readonly List<Process> _started = [];

    private string SocketPath => Path.Combine(_folder, "link");

    [Fact]
    public void It_serves_until_SIGTERM_and_leaves_no_socket()
    {
        Process program = StartReady();
        using (var client = new LinkClient(SocketPath))
        {
            client.Genesis();
            Process.Start("bash", ["-c", $"kill -TERM {program.Id}"]).WaitForExit(Patience);
            Assert.Equal(0, ExitCode(program));
            Assert.Null(client.TryReceive());
        }
        Assert.False(File.Exists(SocketPath));
    }

    [Fact]
    public void A_dead_process_s_socket_is_replaced_and_a_live_one_is_not()
    {
        Process killed = StartReady();
        killed.Kill();
        killed.WaitForExit(Patience);
        Assert.True(File.Exists(SocketPath));
        StartReady();

        Process refused = Start("--socket", SocketPath, "--root-directory", _folder);
        Assert.Equal(1, ExitCode(refused));
        string error = refused.StandardError.ReadToEnd();
        Assert.Equal(
            $"sequencer-enclave-simulated: another process listens at {SocketPath}\n", error);
        using var client = new LinkClient(SocketPath);
        client.Ask(LinkMessageType.Hello);
    }

    [Fact]
    public void It_ends_when_the_last_connection_is_gone_for_long_enough()
    {
        Process program = StartReady("--exit-when-idle", "1");
        new LinkClient(SocketPath).Dispose();
        Assert.Equal(0, ExitCode(program));
    }

    [Fact]
    public void Too_long_a_path_and_a_bad_call_are_said_in_one_line()
    {
        string path = Path.Combine(_folder, new string('x', 108));
        Process refused = Start("--socket", path, "--root-directory", _folder);
        Assert.Equal(1, ExitCode(refused));
        Assert.Contains("at most 107 are possible", refused.StandardError.ReadToEnd());

        Process misused = Start("--socket");
        Assert.Equal(2, ExitCode(misused));
        Assert.Single(misused.StandardError.ReadToEnd().TrimEnd().Split('\n'));
    }

    [Fact]
    public void It_prints_its_measurements_as_a_trust_policy_names_them()
    {
        Process program = Start("--print-measurements");
        using JsonDocument json = JsonDocument.Parse(program.StandardOutput.ReadToEnd());
        Assert.Equal(0, ExitCode(program));
        Assert.Equal(
            ["name", "pcr0", "pcr1", "pcr2"],
            json.RootElement.EnumerateObject().Select(m => m.Name));
        Assert.Equal(
            Convert.ToHexStringLower(Measurements.Default.Pcr2),
            json.RootElement.GetProperty("pcr2").GetString());
    }

    public void Dispose()
    {
        foreach (Process process in _started)
        {
            if (!process.HasExited) process.Kill();
            process.WaitForExit(Patience);
            process.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private static int ExitCode(Process process)
    {
        Assert.True(process.WaitForExit(Patience));
        return process.ExitCode;
    }

    private Process StartReady(params string[] more)
    {
        Process process = Start(["--socket", SocketPath, "--root-directory", _folder, .. more]);
        Assert.Equal(
            $"sequencer-enclave-simulated: listening at {SocketPath}",
            process.StandardOutput.ReadLine());
        return process;
    }

    private Process Start(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Sequencer.Enclave.Simulated");
        var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _started.Add(process);
        return process;
    }
}
