using System.Text.RegularExpressions;
using Sequencer.Gateway.Http;

namespace Sequencer.Gateway.Tests.Documented;

/// <summary>docs/PROBLEMS.md: a heading, some text and a body for each problem.</summary>
internal static partial class DocumentedProblems
{
    /// <summary>Those that only a log with witnesses knows; its tests provoke them.</summary>
    public static readonly string[] OfWitnesses =
        ["not-yet-witnessed", "witness-conflict", "witnesses-behind"];

    // Beside these an answer has only headers that every answer may have.
    private static readonly string[] Headers = ["Connection", "Retry-After", "WWW-Authenticate"];

    /// <summary>The page.</summary>
    public static string Text { get; } = Checkout.Read("docs/PROBLEMS.md");

    /// <summary>Text and body by name.</summary>
    public static IReadOnlyDictionary<string, (string Text, string Body)> All { get; } =
        Section().Matches(Text).ToDictionary(
            match => match.Groups["name"].Value,
            match => (match.Groups["text"].Value, match.Groups["body"].Value));

    /// <summary>An answer is the problem of this name, as the page has it: status and body to the
    /// byte, and the headers that its text names.</summary>
    public static async Task AssertIsAsync(string name, HttpResponseMessage answer)
    {
        (string text, string body) = All[name];
        Assert.Equal(body + "\n", await answer.Content.ReadAsStringAsync());
        Assert.Equal(Problem.MediaType, answer.Content.Headers.ContentType!.ToString());
        Assert.StartsWith($"{(int)answer.StatusCode}", text, StringComparison.Ordinal);
        Assert.Equal(
            Headers.Where(header => text.Contains($"`{header}", StringComparison.Ordinal)),
            Headers.Where(answer.Headers.Contains));
    }

    [GeneratedRegex(
        """^## `(?<name>[a-z-]+)`\n\n(?<text>[^`#](?:(?!\n## |\n```).)*)\n\n```json\n(?<body>[^\n]*)\n```$""",
        RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Section();
}
