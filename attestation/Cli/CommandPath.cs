using System.CommandLine;
using System.CommandLine.Parsing;

namespace Sequencer.Cli;

/// <summary>The commands that a command line names, for messages.</summary>
internal static class CommandPath
{
    /// <summary><c>sequencer</c> and the subcommands, as far as they were understood.</summary>
    public static IEnumerable<string> Of(ParseResult parse)
    {
        var names = new List<string>();
        for (SymbolResult? at = parse.CommandResult; at is CommandResult command; at = at.Parent)
        {
            if (command.Command is not RootCommand) names.Insert(0, command.Command.Name);
        }
        return ["sequencer", .. names];
    }
}
