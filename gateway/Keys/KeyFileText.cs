using System.Globalization;
using System.Text;

namespace Sequencer.Keys;

/// <summary>Changes the text of a file of keys, and leaves everything else in it as it is.</summary>
public static class KeyFileText
{
    /// <summary>The lines of a key, such as are added to a file.</summary>
    public static string LinesOf(TenantKey key)
    {
        var lines = new StringBuilder();
        CultureInfo invariant = CultureInfo.InvariantCulture;
        lines.Append(invariant, $"[key.{key.Id}]\n");
        lines.Append(invariant, $"tenant = {Quote(key.Tenant)}\n");
        lines.Append(invariant, $"digest = \"{key.SecretDigest.ToHex()}\"\n");
        lines.Append(invariant, $"scopes = [{string.Join(", ", ScopeNames.Of(key.Scopes).Select(Quote))}]\n");
        if (key.NotAfter is { } end)
        {
            string text = end.UtcDateTime.ToString(KeyFile.TimeFormat, invariant);
            lines.Append(invariant, $"not-after = {Quote(text)}\n");
        }
        return lines.ToString();
    }

    /// <summary>The text with a key at its end.</summary>
    public static string With(string text, TenantKey key)
    {
        string before = text.Length == 0 || text.EndsWith('\n') ? text : text + "\n";
        return before + (before.Length == 0 ? "" : "\n") + LinesOf(key);
    }

    /// <summary>The text of a valid file without the table of a key; the same text if it has
    /// none.</summary>
    public static string Without(string text, string id)
    {
        // No value of the subset goes on in a line that begins with a bracket, so that every such line
        // is a table's.
        var kept = new List<string>();
        var pending = new List<string>();
        bool isIn = false;
        foreach (string line in text.Split('\n'))
        {
            string trimmed = line.Trim();
            if (trimmed.StartsWith('['))
            {
                // Remarks and empty lines before the next table belong to that one.
                kept.AddRange(pending);
                pending.Clear();
                isIn = IsTableOf(trimmed, id);
            }
            if (!isIn)
            {
                kept.Add(line);
            }
            else if (trimmed.Length == 0 || trimmed.StartsWith('#'))
            {
                pending.Add(line);
            }
            else
            {
                pending.Clear();
            }
        }
        kept.AddRange(pending);
        return string.Join('\n', kept);
    }

    private static bool IsTableOf(string header, string id)
    {
        int end = header.IndexOf(']', StringComparison.Ordinal);
        string[] parts = header[1..end].Split('.');
        return parts.Length == 2 && parts[0].Trim() == "key" && parts[1].Trim() == id;
    }

    // Controls are no part of a tenant's name, so nothing else needs an escape.
    private static string Quote(string text) =>
        '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal) + '"';
}
