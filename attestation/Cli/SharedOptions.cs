using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sequencer.Cli;

/// <summary>Options that several commands have, each with one meaning.</summary>
internal static class SharedOptions
{
    /// <summary>Where `make run` serves.</summary>
    public const string DefaultUrl = "http://127.0.0.1:5000";

    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Print the result as JSON",
        Recursive = true,
    };

    public static Option<Uri> Url { get; } = new("--url", "-u")
    {
        Description = "Address of the gateway, if not in SEQUENCER_URL",
        HelpName = "URL",
        DefaultValueFactory = result =>
            ParseUrl(Environment.GetEnvironmentVariable("SEQUENCER_URL") ?? DefaultUrl, result)!,
        CustomParser = result => ParseUrl(result.Tokens[0].Value, result),
    };

    public static Option<FileInfo?> Policy { get; } = new("--policy", "-p")
    {
        Description = "What you trust: a trust policy, or an image's measurements.json "
            + "(default: SEQUENCER_POLICY)",
        HelpName = "FILE",
    };

    /// <summary>Reads what was named as trusted; null if nothing was.</summary>
    public static Trust? FindTrust(ParseResult parse, Screen screen)
    {
        string? path = parse.GetValue(Policy)?.FullName
            ?? Environment.GetEnvironmentVariable("SEQUENCER_POLICY");
        return string.IsNullOrEmpty(path) ? null : Trust.Read(path, screen);
    }

    /// <summary>Reads what is trusted, without which nothing can be verified.</summary>
    public static Trust RequireTrust(ParseResult parse, Screen screen) =>
        FindTrust(parse, screen) ?? throw new CommandFailure(
            "Verifying needs a trust policy: name one with --policy FILE. It says which log, "
            + "images and roots you trust; nothing that the log itself tells can stand in for it. "
            + "'sequencer policy --help' says how to make one.");

    private static Uri? ParseUrl(string text, ArgumentResult result)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https")
        {
            return url;
        }
        result.AddError($"'{text}' is not an http or https address.");
        return null;
    }
}
