using System.CommandLine;
using Sequencer.Iac.Settings;
using Sequencer.Iac.Stack;

namespace Sequencer.Iac.Commands;

/// <summary>The <c>iac</c> command: all that it can do, in the order of its help.</summary>
internal static class IacCommand
{
    public static RootCommand Create()
    {
        var root = new RootCommand(
            "From an AWS account to a running, attested sequencer, and back.\n\n"
            + "Most flags are settings. What --volume-gib says can be said as SEQUENCER_IAC_VOLUME_GIB in "
            + "the environment, or as volume_gib in the settings file, which setup/sample.toml "
            + "explains; a flag wins over the environment, and that over the file.\n\n"
            + "Exit codes: 0 done, 1 refused and nothing left behind, 2 nothing was done (usage, "
            + "settings, credentials, no answer), 3 broken off: what is there was named.")
        {
            DoctorCommand.Create(),
            PlanCommand.Create(),
            UpCommand.Create(),
            StatusCommand.Create(),
            DownCommand.Create(),
            KeyCommand.Create(),
            InstanceCommand.Create(),
            PolicyCommand.Create(),
        };
        root.Options.Add(SharedOptions.Json);
        root.Options.Add(SettingValues.ConfigFile);
        return root;
    }
}
