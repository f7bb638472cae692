using System.CommandLine;

namespace Sequencer.Iac.Settings;

/// <summary>
/// One setting, under one name everywhere: the key <c>name_of_it</c> of a TOML table, the variable
/// <c>SEQUENCER_IAC_NAME_OF_IT</c>, the flag <c>--name-of-it</c>.
/// </summary>
internal sealed class Setting
{
    /// <summary>What all variables begin with.</summary>
    public const string VariablePrefix = "SEQUENCER_IAC_";

    /// <param name="table">The TOML table, such as <c>iac.aws</c>; null for a secret, which has no
    /// place in a file that is shown around.</param>
    /// <param name="name">Lower case, with underscores.</param>
    /// <param name="valueName">What stands for the value in the help.</param>
    /// <param name="description">For the help.</param>
    /// <param name="standard">What holds where nothing is said; null for nothing.</param>
    /// <param name="aliases">Short flags.</param>
    public Setting(
        string? table,
        string name,
        string valueName,
        string description,
        string? standard = null,
        params string[] aliases)
    {
        TomlKey = table is null ? null : $"{table}.{name}";
        Variable = VariablePrefix + name.ToUpperInvariant();
        Default = standard;
        Flag = new Option<string?>("--" + name.Replace('_', '-'), aliases)
        {
            Description = standard is null ? description : $"{description} (default: {standard})",
            HelpName = valueName,
        };
    }

    /// <summary>The key with its table; null where no file may say it.</summary>
    public string? TomlKey { get; }

    /// <summary>The variable in the environment.</summary>
    public string Variable { get; }

    /// <summary>The flag, for the commands that have a use for it.</summary>
    public Option<string?> Flag { get; }

    /// <summary>What holds where nothing is said.</summary>
    public string? Default { get; }
}
