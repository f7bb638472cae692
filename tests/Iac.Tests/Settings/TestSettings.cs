using System.CommandLine;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Tests.Settings;

/// <summary>Gathers settings from what a test says, and from nothing else.</summary>
internal static class TestSettings
{
    public static SettingValues Gather(
        IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        var command = new RootCommand();
        command.AddFlags(SettingTable.All);
        command.Options.Add(SettingValues.ConfigFile);
        ParseResult parse = command.Parse(arguments);
        Assert.Empty(parse.Errors);
        return SettingValues.Gather(
            parse, [.. variables.Keys], variables.GetValueOrDefault, SettingTable.All);
    }

    public static Dictionary<string, string> None => [];
}
