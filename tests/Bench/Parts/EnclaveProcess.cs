using System.Diagnostics;
using Sequencer.Bench.Peers;

namespace Sequencer.Bench.Parts;

/// <summary>A simulated enclave in its own process, with its socket in a folder; both end with it.
/// </summary>
internal sealed class EnclaveProcess : IDisposable
{
    private Process _process;

    /// <summary>Starts it and waits until it listens.</summary>
    public EnclaveProcess()
    {
        Folder = Directory.CreateTempSubdirectory("sequencer-bench-").FullName;
        _process = Start();
    }

    /// <summary>Deleted with all that is in it.</summary>
    public string Folder { get; }

    public string SocketPath => Path.Combine(Folder, "link");

    /// <summary>Kills it and starts the next, on the same root.</summary>
    public void Replace()
    {
        Kill();
        _process = Start();
    }

    public void Dispose()
    {
        Kill();
        Directory.Delete(Folder, recursive: true);
    }

    private Process Start()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Sequencer.Enclave.Simulated");
        string[] arguments = ["--socket", SocketPath, "--root-directory", Folder];
        Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadLine() is not null
            ? process
            : throw new PeerException("The simulated enclave did not start.");
    }

    private void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        File.Delete(SocketPath);
    }
}
