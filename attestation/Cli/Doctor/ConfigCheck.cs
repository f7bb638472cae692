using System.ComponentModel;
using System.Diagnostics;

namespace Sequencer.Cli.Doctor;

/// <summary>
/// A gateway's settings, as the gateway's own program reads them: it knows what they may be.
/// </summary>
internal sealed class ConfigCheck(string file, string program)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What the settings come to, by name; empty if they are wrong or could not be read.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, string>> RunAsync(
        Findings findings, CancellationToken cancellationToken)
    {
        bool isLibrary = program.EndsWith(".dll", StringComparison.Ordinal);
        string[] arguments = ["--config", file, "--print-config"];
        var start = new ProcessStartInfo(
            isLibrary ? "dotnet" : program, isLibrary ? [program, .. arguments] : arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Patience);
            Task<string> fault = process.StandardError.ReadToEndAsync(patience.Token);
            string text = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            if (process.ExitCode != 0)
            {
                findings.Problem("config", (await fault).Trim(), "Correct it; --help lists them.");
                return new Dictionary<string, string>();
            }
            findings.Good("config", $"The gateway takes {file}.");
            Dictionary<string, string> settings = Read(text);
            Judge(findings, settings);
            return settings;
        }
        catch (Exception e) when (e is Win32Exception
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            findings.NotChecked(
                "config", $"{program} could not be asked; name the gateway's program with --gateway.");
            return new Dictionary<string, string>();
        }
    }

    // Lines as --print-config writes them: name = value  # where from.
    private static Dictionary<string, string> Read(string text)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n'))
        {
            string[] sides = line.Split(" = ", 2);
            if (sides.Length < 2 || line.StartsWith('#')) continue;
            int end = sides[1].LastIndexOf("  # ", StringComparison.Ordinal);
            settings[sides[0]] = (end < 0 ? sides[1] : sides[1][..end]).Trim('"');
        }
        return settings;
    }

    private static void Judge(Findings findings, Dictionary<string, string> settings)
    {
        if (settings.GetValueOrDefault("origin") == "sequencer.localhost/log")
        {
            findings.Warning(
                "config-origin", "The origin is the default one, of a log for development.",
                "Choose a name of your own before the log begins; it never changes.");
        }
        if (settings.ContainsKey("enclave-command"))
        {
            findings.Warning(
                "config-enclave", "The gateway starts a simulated enclave.",
                "For development only: its root is a file on this machine.");
        }
        if (settings.GetValueOrDefault("disk-free-min-bytes") == "0")
        {
            findings.Warning(
                "config-disk", "The disk is not watched.",
                "Set disk-free-min-bytes: a full disk is then met with a certain no.");
        }
        if (settings.GetValueOrDefault("snapshot-records") == "0")
        {
            findings.Warning(
                "config-snapshots", "There are no snapshots.",
                "Set snapshot-records, or each restart reads the whole log.");
        }
    }
}
