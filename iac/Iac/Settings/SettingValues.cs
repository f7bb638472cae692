using System.Collections;
using System.CommandLine;
using System.Globalization;
using Sequencer.Toml;

namespace Sequencer.Iac.Settings;

/// <summary>
/// What is said of the settings: a flag wins over the environment, that over the file, and that
/// over what holds where nothing is said.
/// </summary>
internal sealed class SettingValues
{
    /// <summary>Where <c>make config</c> puts the file.</summary>
    public const string DefaultFile = "setup/config.toml";

    private const string FileVariable = Setting.VariablePrefix + "CONFIG_FILE";
    private const string Tables = "iac.";

    private readonly Dictionary<Setting, Said> _values = [];
    private readonly Func<string, string?> _variable;

    private SettingValues(Func<string, string?> variable) => _variable = variable;

    // What wins stands last.
    private enum Rank
    {
        Supposed,
        File,
        Variable,
        Flag,
    }

    private sealed record Said(string Value, string Source, Rank Rank);

    /// <summary>The file.</summary>
    public static Option<string?> ConfigFile { get; } = new("--config-file")
    {
        Description = $"File with the tables [iac.…] (default: {DefaultFile} if it is there)",
        HelpName = "FILE",
        Recursive = true,
    };

    /// <summary>The file that was read; null if none.</summary>
    public string? File { get; private set; }

    /// <summary>Gathers for a command of this process.</summary>
    /// <exception cref="CommandFailure">Something is no setting, or cannot be read.</exception>
    public static SettingValues Gather(ParseResult parse)
    {
        IDictionary all = Environment.GetEnvironmentVariables();
        return Gather(
            parse, [.. all.Keys.Cast<string>()], Environment.GetEnvironmentVariable,
            SettingTable.All);
    }

    /// <summary>Gathers.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="variables">Names of all variables of the environment.</param>
    /// <param name="variable">A variable's value; null if it is not there.</param>
    /// <param name="settings">All settings.</param>
    public static SettingValues Gather(
        ParseResult parse,
        IReadOnlyList<string> variables,
        Func<string, string?> variable,
        IReadOnlyList<Setting> settings)
    {
        var values = new SettingValues(variable);
        values.AddFile(parse.GetValue(ConfigFile) ?? Text(variable(FileVariable)), settings);
        values.AddVariables(variables, settings);
        foreach (Setting setting in settings)
        {
            if (parse.GetResult(setting.Flag) is { Implicit: false })
            {
                values._values[setting] =
                    new(parse.GetValue(setting.Flag) ?? "", setting.Flag.Name, Rank.Flag);
            }
        }
        return values;
    }

    /// <summary>What a setting comes to; null for nothing, which an empty text says.</summary>
    public string? Find(Setting setting) =>
        Text(_values.TryGetValue(setting, out Said? said) ? said.Value : setting.Default);

    /// <summary>Whether one was said where it wins over where another was said.</summary>
    public bool IsSaidOver(Setting one, Setting other) =>
        Find(one) is not null && _values.TryGetValue(one, out Said? said)
        && (!_values.TryGetValue(other, out Said? rival) || said.Rank > rival.Rank);

    /// <summary>Lets a value hold where nobody says another; empty for nothing at all.</summary>
    public void Suppose(Setting setting, string value, string source) =>
        _values.TryAdd(setting, new(value, source, Rank.Supposed));

    /// <summary>What a setting comes to.</summary>
    /// <exception cref="CommandFailure">Nothing was said.</exception>
    public string Require(Setting setting) => Find(setting) ?? throw new CommandFailure(
        FailureCodes.Usage,
        $"{setting.Flag.Name} is needed: as a flag, as {setting.Variable}"
        + (setting.TomlKey is null ? "." : $", or as {setting.TomlKey} in {File ?? DefaultFile}."),
        ExitCodes.Unusable);

    /// <summary>An integer.</summary>
    /// <exception cref="CommandFailure">It is none, or not within the bounds.</exception>
    public int RequireNumber(Setting setting, int min, int max) =>
        int.TryParse(
            Require(setting), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        && number >= min && number <= max
            ? number
            : throw Bad(setting, $"an integer from {min} to {max}");

    /// <summary>A failure that names where a setting was said, and what it has to be.</summary>
    public CommandFailure Bad(Setting setting, string what) => new(
        FailureCodes.BadConfig,
        $"{SourceOf(setting) ?? setting.Flag.Name}: '{Find(setting)}' is not {what}.",
        ExitCodes.Unusable);

    /// <summary>Where a setting was said, for people; null if nowhere.</summary>
    public string? SourceOf(Setting setting) =>
        _values.GetValueOrDefault(setting)?.Source;

    /// <summary>A variable of the environment, such as AWS's own; null if it is empty.</summary>
    public string? Variable(string name) => Text(_variable(name));

    private static string? Text(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private void AddFile(string? named, IReadOnlyList<Setting> settings)
    {
        if (named is null && !System.IO.File.Exists(DefaultFile)) return;
        string path = named ?? DefaultFile;
        string text;
        try
        {
            text = System.IO.File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refused($"{path} cannot be read: {e.Message}");
        }
        if (!TomlDocument.TryParse(text, out TomlDocument? document, out TomlRefusal? refusal))
        {
            throw Refused($"{path}, {refusal}.");
        }
        File = path;
        foreach (string key in document.Keys)
        {
            // Other tables belong to other programs; in these every key must be known.
            if (!key.StartsWith(Tables, StringComparison.Ordinal)) continue;
            document.TryGet(key, out TomlValue? value);
            string place = $"{path}, line {value!.Line}: {key}";
            Setting setting = settings.FirstOrDefault(s => s.TomlKey == key)
                ?? throw Refused($"{place} is not a setting.");
            if (value.Kind is not (TomlKind.Text or TomlKind.Number or TomlKind.Boolean))
            {
                throw Refused($"{place} is a string or an integer.");
            }
            _values[setting] = new(value.Text, place, Rank.File);
        }
    }

    private void AddVariables(IReadOnlyList<string> variables, IReadOnlyList<Setting> settings)
    {
        foreach (string name in variables)
        {
            if (!name.StartsWith(Setting.VariablePrefix, StringComparison.Ordinal)
                || name == FileVariable)
            {
                continue;
            }
            Setting setting = settings.FirstOrDefault(s => s.Variable == name)
                ?? throw Refused($"{name} in the environment is not a setting.");
            _values[setting] = new(_variable(name) ?? "", name, Rank.Variable);
        }
    }

    private static CommandFailure Refused(string message) =>
        new(FailureCodes.BadConfig, message, ExitCodes.Unusable);
}
