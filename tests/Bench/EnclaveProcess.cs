using System.Diagnostics;

namespace Sequencer.Bench;

/// <summary>A simulated enclave in its own process, with its socket in a folder; both end with it.
/// </summary>
internal sealed class EnclaveProcess : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts it and waits until it listens.</summary>
    public EnclaveProcess()
    {
        Folder = Directory.CreateTempSubdirectory("sequencer-bench-").FullName;
        string program = Path.Combine(AppContext.BaseDirectory, "Sequencer.Enclave.Simulated");
        string[] arguments = ["--socket", SocketPath, "--root-directory", Folder];
        _process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        if (_process.StandardOutput.ReadLine() is null)
        {
            throw new InvalidOperationException("The simulated enclave did not start.");
        }
    }

    /// <summary>Deleted with all that is in it.</summary>
    public string Folder { get; }

    public string SocketPath => Path.Combine(Folder, "link");

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
