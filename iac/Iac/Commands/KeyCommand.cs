using System.CommandLine;

namespace Sequencer.Iac.Commands;

/// <summary><c>iac key</c>: SSH key pairs.</summary>
internal static class KeyCommand
{
    public static Command Create() => new(
        "key",
        "SSH key pairs: the private half stays here, EC2 gets the public one.")
    {
        KeyCreateCommand.Create(),
        KeyListCommand.Create(),
        KeyDeleteCommand.Create(),
    };
}
