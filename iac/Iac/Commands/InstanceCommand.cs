using System.CommandLine;

namespace Sequencer.Iac.Commands;

/// <summary><c>iac instance</c>: single instances, without the stack around them.</summary>
internal static class InstanceCommand
{
    public static Command Create() => new(
        "instance",
        "Single instances that can run enclaves. 'iac up' makes one with all that belongs to it.")
    {
        InstanceCreateCommand.Create(),
        InstanceListCommand.Create(),
        InstanceTerminateCommand.Create(),
    };
}
