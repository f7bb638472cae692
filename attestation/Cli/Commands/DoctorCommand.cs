using System.CommandLine;
using System.Globalization;
using Sequencer.Cli.Doctor;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer doctor</c>: what is wrong with a deployment, and what to do.</summary>
internal static class DoctorCommand
{
    private const long FreeBytesMinDefault = 512L * 1024 * 1024;

    private static readonly Argument<string?> Address = new("url")
    {
        Description = "Address of the gateway (default: what --config says it listens at, or "
            + "SEQUENCER_URL, or http://127.0.0.1:5000)",
        HelpName = "URL",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Config = new("--config")
    {
        Description = "The gateway's TOML file, checked by the gateway's own program",
        HelpName = "FILE",
    };

    private static readonly Option<string> Program = new("--gateway")
    {
        Description = "That program",
        HelpName = "FILE",
        DefaultValueFactory = _ => "/opt/sequencer/current/gateway/Sequencer.Gateway",
    };

    private static readonly Option<string?> Data = new("--data")
    {
        Description = "The data directory, where it is on this machine (default: what --config says)",
        HelpName = "DIR",
    };

    private static readonly Option<string?> State = new("--state")
    {
        Description = "Keeps the newest head here, and says at the next run whether the log still "
            + "extends it",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Append = new("--append")
    {
        Description = "Also append an entry, which stays in the log for ever",
    };

    public static Command Create()
    {
        var command = new Command(
            "doctor",
            "Say what is wrong with a deployment: the way to the gateway, its certificate and clock, "
            + "readiness, the live enclave under a policy, rollbacks, witnesses, disk, settings and "
            + "data directory. Nothing is changed, but for --append and the file of --state.\n\n"
            + "Examples:\n  sequencer doctor https://log.example --policy trust-policy.json "
            + "--state log.seen\n"
            + "  sequencer doctor --config /etc/sequencer/gateway.toml\n\n"
            + "Exit codes: 0 no problem (warnings may be), 1 a problem, 2 nothing was decided.")
        {
            Address,
            SharedOptions.KeyFile,
            SharedOptions.Policy,
            Config,
            Program,
            Data,
            State,
            Append,
        };
        command.SetWork(Work);
        return command;
    }

    private static async Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        Trust? trust = SharedOptions.FindTrust(parse, screen);
        var findings = new Findings();
        IReadOnlyDictionary<string, string> settings = new Dictionary<string, string>();
        if (parse.GetValue(Config) is { } file)
        {
            settings = await new ConfigCheck(file, parse.GetRequiredValue(Program)).RunAsync(
                findings, cancellationToken);
        }
        string? data = parse.GetValue(Data) ?? settings.GetValueOrDefault("data");
        Uri? url = FindUrl(parse, settings, isLocalOnly: data is not null);
        var scope = new ExaminationScope
        {
            Url = url,
            Policy = trust is null ? null : trust.PolicyForAsync,
            MayAppend = parse.GetValue(Append),
            StateFile = parse.GetValue(State),
            DataDirectory = data,
            FreeBytesMin = long.TryParse(
                settings.GetValueOrDefault("disk-free-min-bytes"), CultureInfo.InvariantCulture,
                out long bytes) ? bytes : FreeBytesMinDefault,
        };
        using HttpClient http = url is null ? new HttpClient() : Gateway.Connect(url, parse);
        await Examination.RunAsync(
            findings, scope, http, TimeProvider.System, cancellationToken);
        if (screen.IsJson)
        {
            screen.WriteJson(json => FindingReport.Write(json, findings.All));
        }
        else
        {
            if (url is not null) screen.Say(Screen.Plain(url.ToString()));
            FindingReport.Show(screen, findings.All);
        }
        return FindingReport.Count(findings.All, FindingLevel.Problem) == 0
            ? ExitCodes.Good : ExitCodes.Refused;
    }

    // A directory alone is looked at alone.
    private static Uri? FindUrl(
        ParseResult parse, IReadOnlyDictionary<string, string> settings, bool isLocalOnly)
    {
        string? text = parse.GetValue(Address) ?? settings.GetValueOrDefault("listen");
        if (text is null && isLocalOnly) return null;
        text ??= Environment.GetEnvironmentVariable("SEQUENCER_URL") ?? SharedOptions.DefaultUrl;
        return Gateway.IsAddress(text)
            ? new Uri(text)
            : throw new CommandFailure($"'{text}' is not an http or https address.");
    }
}
