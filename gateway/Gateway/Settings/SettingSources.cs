using Sequencer.Toml;

namespace Sequencer.Gateway.Settings;

/// <summary>What flags, environment and file say of each setting, not yet checked.</summary>
internal sealed class SettingSources
{
    private const string ConfigFlag = "config";
    private const string Table = "gateway.";
    private const string VariablePrefix = "SEQUENCER_GATEWAY_";

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _sources = new(StringComparer.Ordinal);

    /// <summary>Reads them all: a flag wins over the environment, and that over the file. False with
    /// one line for the operator when something is no setting or cannot be read.</summary>
    public static bool TryGather(
        IReadOnlyList<string> arguments,
        Func<string, string?> variable,
        out SettingSources gathered,
        out string fault)
    {
        gathered = new SettingSources();
        if (!TryReadFlags(arguments, out Dictionary<string, string> flags, out fault)
            || !gathered.TryAddFile(flags.GetValueOrDefault(ConfigFlag), out fault))
        {
            return false;
        }
        gathered.AddVariables(variable);
        gathered.AddFlags(flags);
        return true;
    }

    /// <summary>The variable among these that is meant for the gateway and is no setting; null if
    /// there is none.</summary>
    public static string? FindUnknown(IEnumerable<string> variables) => variables.FirstOrDefault(
        name => name.StartsWith(VariablePrefix, StringComparison.Ordinal)
            && !SettingTable.All.Any(setting => setting.Variable == name));

    /// <summary>What a setting comes to; empty for nothing.</summary>
    public string Text(Setting setting) =>
        _values.GetValueOrDefault(setting.Name) ?? setting.Default ?? "";

    /// <summary>Where that was said, for people; null if nowhere.</summary>
    public string? Find(Setting setting) => _sources.GetValueOrDefault(setting.Name);

    private static bool TryReadFlags(
        IReadOnlyList<string> arguments, out Dictionary<string, string> flags, out string fault)
    {
        flags = new(StringComparer.Ordinal);
        for (int i = 0; i < arguments.Count; i++)
        {
            string[] parts = arguments[i].Split('=', 2);
            string name = parts[0].StartsWith("--", StringComparison.Ordinal) ? parts[0][2..] : "";
            // Its name alone: what follows it may be a secret.
            string what = name.Length > 0 ? "--" + name : $"Argument {i + 1}";
            fault = $"{what} is not a setting; --help lists them.";
            if (name != ConfigFlag && !SettingTable.All.Any(s => s.Name == name)) return false;
            fault = $"--{name} needs a value.";
            if (parts.Length == 1 && ++i == arguments.Count) return false;
            fault = $"--{name} stands there twice.";
            if (!flags.TryAdd(name, parts.Length == 2 ? parts[1] : arguments[i])) return false;
        }
        fault = "";
        return true;
    }

    private bool TryAddFile(string? path, out string fault)
    {
        fault = "";
        if (path is null) return true;
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            fault = $"--config: {e.Message}";
            return false;
        }
        if (!TomlDocument.TryParse(text, out TomlDocument? document, out TomlRefusal? refusal))
        {
            fault = $"{path}, {refusal}";
            return false;
        }
        // Other tables belong to other commands; in this one every key must be known.
        foreach (string key in document.Keys.Where(k => k.StartsWith(Table, StringComparison.Ordinal)))
        {
            document.TryGet(key, out TomlValue? value);
            string name = key[Table.Length..];
            fault = $"{path}, line {value!.Line}: {name} is not a setting.";
            if (!SettingTable.All.Any(s => s.Name == name)) return false;
            fault = $"{path}, line {value.Line}: {name} is a string or an integer.";
            if (value.Kind is not (TomlKind.Text or TomlKind.Number)) return false;
            Add(name, value.Text, $"{path}, line {value.Line}: {name}");
        }
        fault = "";
        return true;
    }

    private void AddVariables(Func<string, string?> variable)
    {
        foreach (Setting setting in SettingTable.All)
        {
            if (variable(setting.Variable) is { } value) Add(setting.Name, value, setting.Variable);
        }
    }

    private void AddFlags(Dictionary<string, string> flags)
    {
        foreach ((string name, string value) in flags) Add(name, value, "--" + name);
    }

    private void Add(string name, string value, string source)
    {
        _values[name] = value;
        _sources[name] = source;
    }
}
