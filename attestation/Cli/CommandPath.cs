using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sequencer.Cli;

/// <summary>The commands that a command line names, for messages.</summary>
internal static class CommandPath
{
    /// <summary><c>sequencer</c> and the subcommand, as far as it was understood.</summary>
    public static IEnumerable<string> Of(ParseResult parse)
    {
        for (SymbolResult? at = parse.CommandResult; at is CommandResult command; at = at.Parent)
        {
            if (command.Command is not RootCommand) return ["sequencer", command.Command.Name];
        }
        return ["sequencer"];
    }
}
