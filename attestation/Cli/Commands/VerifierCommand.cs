using System.CommandLine;
using Sequencer.Web;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer verifier</c>: the page that verifies receipts, as one file.</summary>
internal static class VerifierCommand
{
    private static readonly Option<string?> Target = new("--output", "-o")
    {
        Description = "Where to write the page (default: standard output)",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Replace the output file",
    };

    public static Command Create()
    {
        var command = new Command(
            "verifier",
            "Write the page that verifies receipts in a browser: one file, to be opened from disk, that reaches "
            + "no network. The same bytes as sequencer-verifier.html of the release.\n\n"
            + "Example:\n  sequencer verifier --output sequencer-verifier.html")
        {
            Target,
            Force,
        };
        command.SetWork(Work);
        return command;
    }

    private static Task<int> Work(
        ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        ReadOnlySpan<byte> page = SelfContainedPage.Verifier.Html.Span;
        if (parse.GetValue(Target) is { } path)
        {
            Files.Write(path, page, parse.GetValue(Force));
            screen.Remark($"Wrote {Screen.Plain(path)}.");
        }
        else
        {
            screen.WriteBytes(page);
        }
        return Task.FromResult(ExitCodes.Good);
    }
}
