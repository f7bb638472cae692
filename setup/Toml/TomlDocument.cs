using System.Diagnostics.CodeAnalysis;

namespace Sequencer.Toml;

/// <summary>Kinds of value in the subset.</summary>
public enum TomlKind
{
    /// <summary>A string.</summary>
    Text,

    /// <summary>A 64-bit integer.</summary>
    Number,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>An array of strings.</summary>
    TextArray,
}

/// <summary>One value, with the line that it stands on (from 1), for messages about it.</summary>
public sealed class TomlValue
{
    internal TomlValue(
        int line, TomlKind kind, string text, long number, IReadOnlyList<string> items)
    {
        Line = line;
        Kind = kind;
        Text = text;
        Number = number;
        Items = items;
    }

    /// <summary>Line of the key, from 1.</summary>
    public int Line { get; }

    /// <summary>Which of the properties below holds the value.</summary>
    public TomlKind Kind { get; }

    /// <summary>The string; <c>true</c> or <c>false</c> of a boolean; the digits of an integer.
    /// </summary>
    public string Text { get; }

    /// <summary>The integer; otherwise 0.</summary>
    public long Number { get; }

    /// <summary>The boolean; otherwise false.</summary>
    public bool Boolean => Kind == TomlKind.Boolean && Text == "true";

    /// <summary>The strings of an array; otherwise none.</summary>
    public IReadOnlyList<string> Items { get; }
}

/// <summary>Why a text is refused.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Reason">What is wrong there, for people.</param>
public sealed record TomlRefusal(int Line, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"line {Line}: {Reason}";
}

/// <summary>
/// A strict subset of TOML 1.0, for configuration files written by people.
/// </summary>
/// <remarks>
/// What there is: comments; tables <c>[a]</c> and <c>[a.b]</c>, each once; bare keys
/// (<c>A-Z a-z 0-9 _ -</c>), each once in its table; values that are basic strings ("…" with the
/// escapes <c>\" \\ \n \t \r \uXXXX</c>), literal strings ('…'), decimal integers (with <c>_</c>
/// between digits), booleans, and arrays of strings, which may go over several lines and end with a
/// comma. All else of TOML (dates, floats, dotted or quoted keys, inline tables, arrays of tables,
/// multi-line strings, other bases) is refused with its line. Whatever this accepts, any TOML reader
/// reads the same way.
/// </remarks>
public sealed class TomlDocument
{
    /// <summary>Longest text, in characters.</summary>
    public const int MaxChars = 1024 * 1024;

    private readonly Dictionary<string, TomlValue> _values;

    internal TomlDocument(Dictionary<string, TomlValue> values, IReadOnlyList<string> keys)
    {
        _values = values;
        Keys = keys;
    }

    /// <summary>
    /// The keys with their tables before them, joined by dots, in the order of the text: every one can
    /// be checked against what the program knows.
    /// </summary>
    public IReadOnlyList<string> Keys { get; }

    /// <summary>Finds a value by its key, such as <c>gateway.listen</c>.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out TomlValue? value) =>
        _values.TryGetValue(key, out value);

    /// <summary>Reads a text; the refusal names the first line at fault.</summary>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out TomlDocument? document,
        [NotNullWhen(false)] out TomlRefusal? refusal)
    {
        document = null;
        if (text.Length > MaxChars)
        {
            refusal = new TomlRefusal(1, $"at most {MaxChars} characters");
            return false;
        }
        var reader = new TomlReader(text);
        refusal = reader.Read();
        if (refusal is null) document = reader.ToDocument();
        return document is not null;
    }
}
