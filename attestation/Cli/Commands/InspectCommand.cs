using System.CommandLine;
using Sequencer.Cli.Inspection;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer inspect</c>: what a file says, believed or not.</summary>
internal static class InspectCommand
{
    private const long FileMaxBytes = 4 * 1024 * 1024;

    private static readonly Argument<string> Subject = new("file")
    {
        Description = "Receipt, .tlog-proof, checkpoint, epoch statement, answer of /v1/epochs, attestation "
            + "document (binary or base64) or trust policy; - for standard input",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var command = new Command(
            "inspect",
            "Show what a receipt, checkpoint, epoch, attestation document or trust policy says. Verifies "
            + "nothing: what it shows may be a lie. The verifier key of an epoch is the one that other "
            + "tools for signed notes take.\n\nExample:\n  sequencer inspect 1.receipt.json")
        {
            Subject,
        };
        command.SetWork(Work);
        return command;
    }

    private static Task<int> Work(ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        string file = parse.GetRequiredValue(Subject);
        byte[] bytes = Files.Read(file, FileMaxBytes, "anything that can be inspected");
        Facts facts = Detection.Inspect(bytes)
            ?? throw new CommandFailure(
                $"{file} is neither a receipt, a tlog-proof, a checkpoint, an epoch, an attestation document "
                + "nor a trust policy.");
        if (screen.IsJson) screen.WriteJson(facts.WriteTo);
        else Show(screen, facts);
        return Task.FromResult(ExitCodes.Good);
    }

    private static void Show(Screen screen, Facts facts)
    {
        screen.Say($"[bold]{facts.Kind}[/]  [yellow]UNVERIFIED[/]");
        foreach (Fact fact in facts.All)
        {
            string indent = new(' ', 2 * (fact.Depth + 1));
            screen.Say(fact.Value is null
                ? $"{indent}[bold]{Screen.Plain(fact.Label)}[/]"
                : $"{indent}{Screen.Plain(fact.Label.PadRight(22 - 2 * fact.Depth))} {Screen.Plain(fact.Value)}");
        }
    }
}
