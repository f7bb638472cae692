using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Sequencer.Iac.Stack;

/// <summary>What a run of <c>pulumi</c> came to.</summary>
internal sealed record PulumiResult(int ExitCode, string Output, string Error);

/// <summary>
/// The user's own <c>pulumi</c>, run in a stack's folder. Secrets reach it by its environment or as
/// paths of files, never on its command line.
/// </summary>
/// <param name="program">Its name or path.</param>
/// <param name="folder">Where it runs.</param>
/// <param name="environment">Variables to set, or with null to remove.</param>
/// <param name="screen">Progress goes to its standard error.</param>
internal sealed partial class PulumiProgram(
    string program,
    string folder,
    IReadOnlyDictionary<string, string?> environment,
    Screen screen)
{
    // Knows 'destroy --exclude-protected --preview-only' and all that the program uses of the language.
    private static readonly Version Oldest = new(3, 110, 0);

    /// <summary>Whether it is there and new enough.</summary>
    /// <exception cref="CommandFailure">It is not.</exception>
    public async Task RequireAsync(CancellationToken cancellationToken)
    {
        PulumiResult result = await CaptureAsync(["version"], cancellationToken);
        Match version = VersionForm().Match(result.Output);
        if (result.ExitCode != 0 || !version.Success)
        {
            throw NotFound($"'{program} version' does not say a version.");
        }
        if (Version.Parse(version.Groups[1].Value) < Oldest)
        {
            throw NotFound($"pulumi {version.Value} is older than v{Oldest}.");
        }
    }

    /// <summary>Runs it to its end, with what it prints.</summary>
    public async Task<PulumiResult> CaptureAsync(
        IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var output = new StringBuilder();
        var error = new StringBuilder();
        int code = await RunAsync(
            arguments, line => output.AppendLine(line), line => error.AppendLine(line),
            cancellationToken);
        return new PulumiResult(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs it to its end, and shows what it prints as it does.</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> ShowAsync(
        IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        RunAsync(arguments, Tell, Tell, cancellationToken);

    private void Tell(string line)
    {
        lock (screen) screen.Remark(Screen.Plain(line));
    }

    private async Task<int> RunAsync(
        IReadOnlyList<string> arguments,
        Action<string> onOutput,
        Action<string> onError,
        CancellationToken cancellationToken)
    {
        using Process process = Start(arguments, out bool isApart);
        // At an interrupt Pulumi finishes the steps that it has begun and writes its state; at a
        // second one it stops in their midst. So it gets one, and is waited for.
        await using CancellationTokenRegistration interrupt = cancellationToken.Register(() =>
        {
            Tell(
                "Asked Pulumi to stop; it finishes what it has begun. To stop in the midst of it, and "
                + $"repair later: kill -INT {process.Id}");
            if (isApart) Interrupt(process.Id);
        });
        await Task.WhenAll(
            ForwardAsync(process.StandardOutput, onOutput),
            ForwardAsync(process.StandardError, onError));
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }

    private Process Start(IReadOnlyList<string> arguments, out bool isApart)
    {
        var start = new ProcessStartInfo
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        // A terminal's Ctrl-C reaches all processes of a session, and Pulumi would be interrupted
        // twice. Where there is no setsid, it is the terminal's alone.
        string? setsid = InPath("setsid");
        isApart = setsid is not null;
        start.FileName = setsid ?? program;
        if (isApart)
        {
            // setsid says nothing of what is missing that could be told from what a program says.
            if (!program.Contains('/', StringComparison.Ordinal) && InPath(program) is null)
            {
                throw Missing();
            }
            start.ArgumentList.Add(program);
        }
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        foreach ((string name, string? value) in environment) start.Environment[name] = value;
        try
        {
            if (program.Contains('/', StringComparison.Ordinal) && !File.Exists(program))
            {
                throw Missing();
            }
            Process process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception)
        {
            throw Missing();
        }
    }

    private static async Task ForwardAsync(StreamReader reader, Action<string> onLine)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line) onLine(line);
    }

    private static void Interrupt(int process)
    {
        using Process? kill = Process.Start(
            "kill", ["-INT", process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static string? InPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);

    private CommandFailure Missing() => NotFound($"there is no '{program}' here.");

    private static CommandFailure NotFound(string why) => new(
        FailureCodes.PulumiNotFound,
        $"Stacks need the pulumi command, and {why} Install it as "
        + "https://www.pulumi.com/docs/install says, or name it with --pulumi.",
        ExitCodes.Unusable);

    [GeneratedRegex(@"^v?(\d+\.\d+\.\d+)")]
    private static partial Regex VersionForm();
}
