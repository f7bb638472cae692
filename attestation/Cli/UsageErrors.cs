using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Sequencer.Cli;

/// <summary>What is wrong with a command line, for people.</summary>
internal static partial class UsageErrors
{
    /// <summary>Tells each in a line on standard error, and then where help is.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="program">The program, as it is called.</param>
    /// <param name="code">What programs know such errors by; empty for nothing.</param>
    public static void Tell(ParseResult parse, string program, string code = "")
    {
        string prefix = code.Length == 0 ? program : $"{program}: {code}";
        // That no command was named is no news where a word was taken for one.
        string[] errors = parse.CommandResult.Command is RootCommand && parse.UnmatchedTokens.Count > 0
            ? [$"there is no command '{parse.UnmatchedTokens[0]}'."]
            : [.. parse.Errors.Select(error => Reword(error.Message))];
        foreach (string error in errors) Console.Error.WriteLine($"{prefix}: {error}");
        Console.Error.WriteLine($"{program}: see '{program}{PathOf(parse)} --help'.");
    }

    // All that is parsed by its type alone is a number.
    private static string Reword(string message) => OfType().Match(message) is { Success: true } match
        ? $"'{match.Groups["text"]}' is not a whole number, for '{match.Groups["place"]}'."
        : message;

    private static string PathOf(ParseResult parse)
    {
        string path = "";
        for (SymbolResult? at = parse.CommandResult; at is CommandResult command; at = at.Parent)
        {
            if (command.Command is not RootCommand) path = $" {command.Command.Name}{path}";
        }
        return path;
    }

    [GeneratedRegex("^Cannot parse argument '(?<text>.*)' for (option|command) '(?<place>.*)' as "
        + "expected type '(System\\.Nullable`1\\[)?System\\.U?Int(32|64)\\]?'\\.$",
        RegexOptions.Singleline)]
    private static partial Regex OfType();
}
