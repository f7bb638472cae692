using System.CommandLine;
using System.Text;
using Sequencer.Cli;
using Sequencer.Iac;
using Sequencer.Iac.Commands;

// Marks and dashes are more than ASCII, whatever the locale says.
Console.OutputEncoding = Encoding.UTF8;

RootCommand root = IacCommand.Create();
ParseResult parse = root.Parse(args.Length == 0 ? ["--help"] : args);
if (parse.Errors.Count > 0)
{
    UsageErrors.Tell(parse, "iac", FailureCodes.Usage);
    return ExitCodes.Unusable;
}
return await parse.InvokeAsync(new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,
    // After Ctrl-C a command takes back what it made, or says what is there; of a stack, Pulumi
    // finishes what it has begun, and some of AWS's things take long.
    ProcessTerminationTimeout = TimeSpan.FromHours(1),
});
