using System.Diagnostics;

namespace Sequencer.Setup.Tests;

/// <summary>What a script that has ended left behind.</summary>
internal sealed record ScriptResult(int Code, string Output, string Error);

/// <summary>A script of this checkout that runs.</summary>
internal sealed class Script : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;

    /// <summary>Starts it.</summary>
    /// <param name="path">The script, relative to the root of the checkout, or absolute.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables beside those of the tests.</param>
    public Script(
        string path, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(Path.Combine(Checkout.Root, path), arguments)
        {
            WorkingDirectory = Checkout.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        _error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Runs one to its end.</summary>
    public static async Task<ScriptResult> Run(
        string path, IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        using var script = new Script(
            path, arguments, environment ?? new Dictionary<string, string>());
        return await script.End();
    }

    /// <summary>The next line of its output; null after the last.</summary>
    public ValueTask<string?> ReadLine() => _process.StandardOutput.ReadLineAsync(default);

    /// <summary>Sends a signal, such as TERM.</summary>
    public async Task Signal(string name)
    {
        using Process kill = Process.Start("bash", ["-c", $"kill -{name} {_process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Waits for its end.</summary>
    public async Task<ScriptResult> End()
    {
        string output = await _process.StandardOutput.ReadToEndAsync();
        string error = await _error;
        await _process.WaitForExitAsync();
        return new ScriptResult(_process.ExitCode, output, error);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
