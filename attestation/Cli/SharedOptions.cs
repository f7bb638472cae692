using System.CommandLine;
using System.CommandLine.Parsing;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli;

/// <summary>Options that several commands have, each with one meaning.</summary>
internal static class SharedOptions
{
    private const string DefaultUrl = "http://127.0.0.1:5000";

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
        Description = "Trust policy file: what you trust (default: SEQUENCER_POLICY)",
        HelpName = "FILE",
    };

    /// <summary>Reads the policy that was named; null if none was.</summary>
    public static TrustPolicy? FindPolicy(ParseResult parse, Screen screen)
    {
        string? path = parse.GetValue(Policy)?.FullName
            ?? Environment.GetEnvironmentVariable("SEQUENCER_POLICY");
        if (string.IsNullOrEmpty(path)) return null;
        byte[] json = Files.Read(path, TrustPolicy.MaxBytes, "a trust policy");
        if (!TrustPolicy.TryParse(json, out TrustPolicy? policy, out string? fault))
        {
            throw new CommandFailure($"{path} is not a trust policy: {fault}");
        }
        if (policy.HasInsecureDevelopmentRoots)
        {
            screen.Remark(
                "[red bold]INSECURE:[/] [yellow]this policy trusts a development root. Whoever "
                + "holds its key file can forge everything; good for trying things out only.[/]");
        }
        return policy;
    }

    /// <summary>Reads the policy, without which nothing can be verified.</summary>
    public static TrustPolicy RequirePolicy(ParseResult parse, Screen screen) =>
        FindPolicy(parse, screen) ?? throw new CommandFailure(
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
