using System.Text;
using System.Text.RegularExpressions;

namespace Sequencer.Web;

/// <summary>
/// Puts ES modules into one script: each becomes a function of its own, called once behind those
/// that it imports, whose result has its exports. It understands the one form of import and export
/// that the sources have, and refuses any other.
/// </summary>
internal static partial class ModuleBundle
{
    /// <summary>The script that begins with a module; the same text for the same files.</summary>
    /// <exception cref="InvalidOperationException">A form that is not understood, modules that
    /// import each other, or text that would end the script on its page.</exception>
    public static string Of(PageSources files, string entry)
    {
        var script = new StringBuilder();
        Add(files, entry, script, []);
        string text = script.ToString();
        return EndsScript().IsMatch(text)
            ? throw new InvalidOperationException("A script on a page has no '</' and no '<!--'.")
            : text;
    }

    // The value is true when a module is whole, false while those that it imports are added.
    private static void Add(
        PageSources files, string name, StringBuilder script, Dictionary<string, bool> added)
    {
        if (added.TryGetValue(name, out bool isWhole))
        {
            if (isWhole) return;
            throw new InvalidOperationException($"{name} imports itself, by way of others.");
        }
        added.Add(name, false);
        string text = files[name];
        foreach (Match import in Import().Matches(text))
        {
            Add(files, FileOf(import), script, added);
        }
        added[name] = true;
        string exports = string.Join(", ", Export().Matches(text).Select(m => m.Groups[2].Value));
        text = Import().Replace(text, m => $"const {m.Groups[1].Value} = {Name(FileOf(m))};\n");
        text = Export().Replace(text, "$1$2");
        if (Other().IsMatch(text))
        {
            throw new InvalidOperationException($"{name} imports or exports in another form.");
        }
        script.Append($"// {name}\nconst {Name(name)} = (() => {{\n{text}")
            .Append($"return {{ {exports} }};\n}})();\n\n");
    }

    private static string FileOf(Match import) => Path.GetFileName(import.Groups[2].Value);

    private static string Name(string file) =>
        "of_" + Path.GetFileNameWithoutExtension(file).Replace('-', '_');

    [GeneratedRegex(@"^import (\{[^}]*\}) from '([^']*)';\n", RegexOptions.Multiline)]
    private static partial Regex Import();

    [GeneratedRegex(
        @"^export ((?:const|class|function|async function) )(\w+)", RegexOptions.Multiline)]
    private static partial Regex Export();

    [GeneratedRegex(@"^(import|export)\b|\bimport\(", RegexOptions.Multiline)]
    private static partial Regex Other();

    [GeneratedRegex("</|<!--")]
    private static partial Regex EndsScript();
}
