using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Sequencer.Cli.Tests;

/// <summary>
/// Runs a command as a user would: a process, in a folder of its own, with its output in a pipe.
/// </summary>
/// <param name="program">The command's assembly, beside that of the tests.</param>
/// <param name="isItsOwn">True for a variable that the command reads: of the environment of whoever
/// runs the tests it is given none of those.</param>
internal sealed class CommandRun(string program, Func<string, bool> isItsOwn) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs <c>sequencer</c>.</summary>
    public CommandRun()
        : this(
            "Sequencer.Cli.dll",
            name => name is "SEQUENCER_URL" or "SEQUENCER_POLICY" or "SEQUENCER_KEY")
    {
    }

    /// <summary>Where the command runs.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("sequencer-run").FullName;

    /// <summary>Set for the command, in place of the test's own.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>What a shell does before it becomes the command: a mask of modes, limits.</summary>
    public string Before { get; set; } = "";

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(Folder, name), bytes);
        return name;
    }

    public byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    public bool Has(string name) => File.Exists(Path.Combine(Folder, name));

    public Task<CommandResult> RunAsync(params string[] arguments) => RunWithAsync([], arguments);

    /// <summary>Runs to the end, with bytes on standard input.</summary>
    public async Task<CommandResult> RunWithAsync(byte[] input, params string[] arguments)
    {
        using Process process = Start(arguments);
        using var patience = new CancellationTokenSource(Patience);
        using var output = new MemoryStream();
        Task<string> error = process.StandardError.ReadToEndAsync(patience.Token);
        Task copy = process.StandardOutput.BaseStream.CopyToAsync(output, patience.Token);
        await process.StandardInput.BaseStream.WriteAsync(input, patience.Token);
        process.StandardInput.Close();
        await Task.WhenAll(error, copy, process.WaitForExitAsync(patience.Token));
        var result = new CommandResult(process.ExitCode, output.ToArray(), await error);
        // Whatever goes wrong, nobody is shown where in the code it did.
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        return result;
    }

    /// <summary>Starts the command; the caller ends it.</summary>
    public Process Start(params string[] arguments)
    {
        // Ctrl-C is for the command also where these tests run in the background, which ignores it.
        var start = new ProcessStartInfo(
            "bash", ["-c", $"{Before}\nexec env --default-signal=INT dotnet \"$@\"", "bash"])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, program));
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach (string name in start.Environment.Keys.Where(isItsOwn).ToArray())
        {
            start.Environment.Remove(name);
        }
        foreach ((string name, string value) in Environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}

/// <summary>What a run left behind.</summary>
internal sealed record CommandResult(int ExitCode, byte[] Bytes, string Error)
{
    public string Output => Encoding.UTF8.GetString(Bytes);

    public JsonElement Json
    {
        get
        {
            using JsonDocument json = JsonDocument.Parse(Bytes);
            return json.RootElement.Clone();
        }
    }

    public void IsGood() => Assert.True(ExitCode == 0, Told);

    public void IsRefused() => Assert.True(ExitCode == 1, Told);

    public void IsUnusable() => Assert.True(ExitCode == 2, Told);

    /// <summary>Everything, for the message of an assertion.</summary>
    public string Told => $"ended with {ExitCode}\n{Output}\n{Error}";
}
