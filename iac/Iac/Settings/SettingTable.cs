using System.CommandLine;
using Sequencer.Iac.Stack;

namespace Sequencer.Iac.Settings;

/// <summary>Every setting that there is.</summary>
internal static class SettingTable
{
    public static IReadOnlyList<Setting> All { get; } = [.. AwsSettings.All, .. StackSettings.All];

    /// <summary>Gives a command the flags of settings.</summary>
    public static void AddFlags(this Command command, IEnumerable<Setting> settings)
    {
        foreach (Setting setting in settings) command.Options.Add(setting.Flag);
    }
}
