using System.CommandLine;
using Sequencer.Keys;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer keys</c>: keys of those who may call a gateway.</summary>
internal static class KeysCommand
{
    public static Command Create() => new(
        "keys",
        "Make, list and revoke the keys of those who may call a gateway. The gateway's file of keys (its "
        + "setting 'keys') holds digests; a secret is shown once, when it is made.\n\n"
        + "Example:\n  sequencer keys new --tenant acme --scopes read,append --file keys.toml")
    {
        KeysNewCommand.Create(),
        KeysListCommand.Create(),
        KeysRevokeCommand.Create(),
    };

    /// <summary>The file, where a command cannot do without it.</summary>
    public static Option<string> NewFileOption() => new("--file", "-f")
    {
        Description = "The gateway's file of keys",
        HelpName = "FILE",
        Required = true,
    };

    /// <summary>Reads a file of keys.</summary>
    /// <exception cref="CommandFailure">It is none.</exception>
    public static KeyFile Parse(string path, string text) =>
        KeyFile.TryParse(text, out KeyFile? file, out string? fault)
            ? file
            : throw new CommandFailure($"{path}: {fault}");
}
