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
    EraseCommand.Create(),
    TailCommand.Create(),
    StreamCommand.Create(),
    VerifyCommand.Create(),
    AuditCommand.Create(),
    BackupCommand.Create(),
    RestoreCommand.Create(),
    InspectCommand.Create(),
    PolicyCommand.Create(),
    VerifierCommand.Create(),
    KeysCommand.Create(),
    DoctorCommand.Create(),
    ImageCommand.Create(),
};
root.Options.Add(SharedOptions.Json);

ParseResult parse = root.Parse(args.Length == 0 ? ["--help"] : args);
if (parse.Errors.Count > 0)
{
    UsageErrors.Tell(parse, "sequencer");
    return ExitCodes.Unusable;
}
return await parse.InvokeAsync(
    new InvocationConfiguration { EnableDefaultExceptionHandler = false });
