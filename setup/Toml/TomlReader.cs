using System.Globalization;
using System.Text;

namespace Sequencer.Toml;

/// <summary>Walks a text once. Every private step returns null, or why it refuses.</summary>
internal sealed class TomlReader(string text)
{
    private const int ItemsMax = 1024;

    private readonly Dictionary<string, TomlValue> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _tables = new(StringComparer.Ordinal);
    private readonly HashSet<string> _tablesAndAbove = new(StringComparer.Ordinal);
    private readonly List<string> _keys = [];
    private string _prefix = "";
    private int _at;
    private int _line = 1;

    private char Current => _at < text.Length ? text[_at] : '\0';

    private bool IsAtEnd => _at >= text.Length;

    public TomlDocument ToDocument() => new(_values, _keys);

    public TomlRefusal? Read()
    {
        while (true)
        {
            SkipSpaces();
            if (IsAtEnd) return null;
            TomlRefusal? refusal = null;
            if (Current == '[') refusal = ReadTable();
            else if (Current is not ('#' or '\n' or '\r')) refusal = ReadPair();
            refusal ??= ReadEndOfLine();
            if (refusal is not null) return refusal;
        }
    }

    private TomlRefusal? ReadTable()
    {
        _at++;
        if (Current == '[') return Refuse("arrays of tables are not supported");
        var name = new StringBuilder();
        while (true)
        {
            SkipSpaces();
            if (!TryReadKey(out string part))
            {
                return Refuse("a table's name is bare keys joined by dots");
            }
            name.Append(part);
            _tablesAndAbove.Add(name.ToString());
            SkipSpaces();
            if (Current != '.') break;
            name.Append('.');
            _at++;
        }
        if (Current != ']') return Refuse("a table's name ends with ]");
        _at++;
        string table = name.ToString();
        if (_values.ContainsKey(table)) return Refuse($"{table} is a value already");
        if (!_tables.Add(table)) return Refuse($"table {table} stands here for the second time");
        _prefix = table + ".";
        return null;
    }

    private TomlRefusal? ReadPair()
    {
        int line = _line;
        if (!TryReadKey(out string key)) return Refuse("a bare key or a table was expected");
        SkipSpaces();
        if (Current == '.') return Refuse("dotted keys are not supported; use a [table]");
        if (Current != '=') return Refuse($"= was expected after {key}");
        _at++;
        SkipSpaces();
        TomlRefusal? refusal = ReadValue(line, out TomlValue? value);
        if (refusal is not null) return refusal;
        string full = _prefix + key;
        if (_tablesAndAbove.Contains(full))
        {
            return new TomlRefusal(line, $"{full} is a table already");
        }
        if (!_values.TryAdd(full, value!))
        {
            return new TomlRefusal(line, $"{full} stands here for the second time");
        }
        _keys.Add(full);
        return null;
    }

    private TomlRefusal? ReadValue(int line, out TomlValue? value)
    {
        value = null;
        if (Current is '"' or '\'')
        {
            TomlRefusal? refusal = ReadString(out string read);
            value = new TomlValue(line, TomlKind.Text, read, 0, []);
            return refusal;
        }
        if (Current == '[')
        {
            TomlRefusal? refusal = ReadArray(out List<string> items);
            value = new TomlValue(line, TomlKind.TextArray, "", 0, items);
            return refusal;
        }
        int start = _at;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '+' or '-' or '_' or '.' or ':') _at++;
        string word = text[start.._at];
        if (word is "true" or "false")
        {
            value = new TomlValue(line, TomlKind.Boolean, word, 0, []);
            return null;
        }
        if (!TryParseInteger(word, out long integer))
        {
            return Refuse(
                "a string, a decimal integer, true, false or an array of strings was expected");
        }
        value = new TomlValue(
            line, TomlKind.Number, integer.ToString(CultureInfo.InvariantCulture), integer, []);
        return null;
    }

    private static bool TryParseInteger(string word, out long integer)
    {
        integer = 0;
        string digits = word.TrimStart('+', '-');
        if (word.Length - digits.Length > 1 || digits.Length == 0) return false;
        if (digits.StartsWith('_') || digits.EndsWith('_')) return false;
        if (digits.Contains("__", StringComparison.Ordinal)) return false;
        if (digits.Length > 1 && digits[0] == '0') return false;
        return long.TryParse(
            word.Replace("_", "", StringComparison.Ordinal),
            NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture,
            out integer);
    }

    private TomlRefusal? ReadArray(out List<string> items)
    {
        items = [];
        _at++;
        while (true)
        {
            SkipSpacesCommentsAndLines();
            if (Current == ']') break;
            if (Current is not ('"' or '\'')) return Refuse("an array holds strings only");
            if (items.Count == ItemsMax)
            {
                return Refuse($"an array holds at most {ItemsMax} strings");
            }
            if (ReadString(out string item) is { } refusal) return refusal;
            items.Add(item);
            SkipSpacesCommentsAndLines();
            if (Current == ']') break;
            if (Current != ',') return Refuse(", or ] was expected");
            _at++;
        }
        _at++;
        return null;
    }

    private TomlRefusal? ReadString(out string read)
    {
        read = "";
        char quote = Current;
        if (_at + 2 < text.Length && text[_at + 1] == quote && text[_at + 2] == quote)
        {
            return Refuse("multi-line strings are not supported");
        }
        _at++;
        var value = new StringBuilder();
        while (Current != quote || IsAtEnd)
        {
            if (IsAtEnd || Current is '\n' or '\r')
            {
                return Refuse("the string does not end on its line");
            }
            if (Current is (< ' ' and not '\t') or '\x7F')
            {
                return Refuse("a control character in a string");
            }
            if (quote == '"' && Current == '\\')
            {
                if (!TryReadEscape(value)) return Refuse("an unknown escape in a string");
                continue;
            }
            value.Append(Current);
            _at++;
        }
        _at++;
        read = value.ToString();
        return null;
    }

    private bool TryReadEscape(StringBuilder value)
    {
        _at++;
        char escape = Current;
        _at++;
        switch (escape)
        {
            case '"' or '\\': value.Append(escape); return true;
            case 'n': value.Append('\n'); return true;
            case 't': value.Append('\t'); return true;
            case 'r': value.Append('\r'); return true;
            case 'u':
                if (_at + 4 > text.Length) return false;
                if (!ushort.TryParse(
                    text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code)
                    || char.IsSurrogate((char)code))
                {
                    return false;
                }
                value.Append((char)code);
                _at += 4;
                return true;
            default: return false;
        }
    }

    private TomlRefusal? ReadEndOfLine()
    {
        SkipSpaces();
        SkipComment();
        if (Current == '\r') _at++;
        if (IsAtEnd)
        {
            return text.EndsWith('\r') ? Refuse("a carriage return without a line feed") : null;
        }
        if (Current != '\n') return Refuse("nothing else may follow on this line");
        _at++;
        _line++;
        return null;
    }

    private bool TryReadKey(out string key)
    {
        int start = _at;
        while (char.IsAsciiLetterOrDigit(Current) || Current is '_' or '-') _at++;
        key = text[start.._at];
        return key.Length > 0;
    }

    private void SkipSpaces()
    {
        while (Current is ' ' or '\t') _at++;
    }

    private void SkipComment()
    {
        if (Current != '#') return;
        while (!IsAtEnd && Current is not ('\n' or '\r')) _at++;
    }

    private void SkipSpacesCommentsAndLines()
    {
        while (true)
        {
            SkipSpaces();
            SkipComment();
            if (Current == '\r' && _at + 1 < text.Length && text[_at + 1] == '\n') _at++;
            if (Current != '\n') return;
            _at++;
            _line++;
        }
    }

    private TomlRefusal Refuse(string reason) => new(_line, reason);
}
