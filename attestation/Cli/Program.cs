using System.CommandLine;
using System.Text;
using Sequencer.Cli;
using Sequencer.Cli.Commands;

// Marks and dashes are more than ASCII, whatever the locale says.
Console.OutputEncoding = Encoding.UTF8;

var root = new RootCommand(
    "Order that you can prove: submit entries to a trusted sequencer, and verify its receipts and "
    + "its whole log, offline, against what you trust.\n\n"
    + "Exit codes: 0 good, 1 refused, 2 nothing was decided (usage, unreadable file, no answer).")
{
    SubmitCommand.Create(),
    GetCommand.Create(),
    TailCommand.Create(),
    VerifyCommand.Create(),
    AuditCommand.Create(),
    BackupCommand.Create(),
    RestoreCommand.Create(),
    InspectCommand.Create(),
    PolicyCommand.Create(),
    DoctorCommand.Create(),
    ImageCommand.Create(),
};
root.Options.Add(SharedOptions.Json);

ParseResult parse = root.Parse(args.Length == 0 ? ["--help"] : args);
if (parse.Errors.Count > 0)
{
    // That no command was named is no news where a word was taken for one.
    bool isUnknown = parse.CommandResult.Command == root && parse.UnmatchedTokens.Count > 0;
    if (isUnknown)
    {
        Console.Error.WriteLine($"sequencer: there is no command '{parse.UnmatchedTokens[0]}'.");
    }
    foreach (var error in isUnknown ? [] : parse.Errors)
    {
        Console.Error.WriteLine($"sequencer: {error.Message}");
    }
    Console.Error.WriteLine($"sequencer: see '{string.Join(' ', CommandPath.Of(parse))} --help'.");
    return ExitCodes.Unusable;
}
return await parse.InvokeAsync(
    new InvocationConfiguration { EnableDefaultExceptionHandler = false });
