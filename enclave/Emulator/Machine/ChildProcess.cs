using System.Diagnostics;

namespace Sequencer.Enclave.Emulator.Machine;

/// <summary>A program that lives no longer than this one, however this one ends.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<int> _ended =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(Process process) => _process = process;

    /// <summary>The process.</summary>
    public int Id { get; private set; }

    /// <summary>
    /// Its exit code, once it has ended and every line that it wrote was handed over.
    /// </summary>
    public Task<int> Ended => _ended.Task;

    /// <summary>
    /// Starts a program; <paramref name="onOutput"/> and <paramref name="onError"/> get its lines.
    /// </summary>
    /// <exception cref="EmulatorException">It cannot be started.</exception>
    public static async Task<ChildProcess> StartAsync(
        string program,
        IEnumerable<string> arguments,
        Action<string> onOutput,
        Action<string> onError)
    {
        // The kernel ends it with its parent, which no handler of ours could after a kill -9.
        var start = new ProcessStartInfo(
            "setpriv", ["--pdeathsig", "KILL", "--", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Forward(line.Data, onOutput);
        process.ErrorDataReceived += (_, line) => Forward(line.Data, onError);
        var child = new ChildProcess(process);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // "Parent" is the thread that started it: one of the pool may end early, this one waits.
        var thread = new Thread(() => child.Live(started))
        {
            IsBackground = true,
            Name = Path.GetFileName(program),
        };
        thread.Start();
        await started.Task;
        return child;
    }

    /// <summary>Ends it, and waits until it has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Ended.IsCompleted) _process.Kill();
        await Ended;
        _process.Dispose();
    }

    private void Live(TaskCompletionSource started)
    {
        try
        {
            _process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            started.SetException(new EmulatorException(
                $"{_process.StartInfo.FileName} cannot be started: {e.Message}", e));
            return;
        }
        Id = _process.Id;
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        started.SetResult();
        _process.WaitForExit();
        _ended.SetResult(_process.ExitCode);
    }

    private static void Forward(string? line, Action<string> to)
    {
        if (line is not null) to(line);
    }
}
