using System.CommandLine;
using Sequencer.Keys;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer keys revoke</c>: a key less.</summary>
internal static class KeysRevokeCommand
{
    private static readonly Option<string> File = KeysCommand.NewFileOption();

    private static readonly Argument<string> Id = new("name")
    {
        Description = "Name of the key, as 'keys list' shows it",
        HelpName = "NAME",
    };

    public static Command Create()
    {
        var command = new Command(
            "revoke",
            "Take a key out of a file. A running gateway refuses it within seconds.\n\n"
            + "Example:\n  sequencer keys revoke acme-1f3a9c02 --file keys.toml")
        {
            Id,
            File,
        };
        command.SetWork(Work);
        return command;
    }

    private static Task<int> Work(ParseResult parse, Screen screen, CancellationToken cancellationToken)
    {
        string path = parse.GetRequiredValue(File);
        string id = parse.GetRequiredValue(Id);
        KeyFileChange.Apply(path, isNewAllowed: false, text =>
        {
            if (KeysCommand.Parse(path, text).Keys.All(k => k.Id != id))
            {
                throw new CommandFailure($"{path} has no key of this name.");
            }
            return KeyFileText.Without(text, id);
        });
        screen.Remark($"[grey]Key {Screen.Plain(id)} is revoked.[/]");
        return Task.FromResult(ExitCodes.Good);
    }
}
