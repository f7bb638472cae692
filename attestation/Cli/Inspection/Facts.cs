using System.Text.Json;

namespace Sequencer.Cli.Inspection;

/// <summary>One thing that a file says; a heading where the value is null.</summary>
internal readonly record struct Fact(int Depth, string Label, string? Value);

/// <summary>What a file says, in order, for people and as JSON.</summary>
internal sealed class Facts(string kind)
{
    private readonly List<Fact> _all = [];
    private int _depth;

    /// <summary>What the file is.</summary>
    public string Kind => kind;

    public IReadOnlyList<Fact> All => _all;

    public void Add(string label, string value) => _all.Add(new Fact(_depth, label, value));

    public void Add(string label, IFormattable value) =>
        Add(label, value.ToString(null, System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Adds facts below a heading.</summary>
    public void Under(string heading, Action add)
    {
        _all.Add(new Fact(_depth, heading, null));
        _depth++;
        add();
        _depth--;
    }

    /// <summary>Writes an object of nested objects; labels become snake_case names.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("kind", kind);
        json.WriteBoolean("verified", false);
        int depth = 0;
        foreach (Fact fact in _all)
        {
            for (; depth > fact.Depth; depth--) json.WriteEndObject();
            string name = fact.Label.Replace(' ', '_').ToLowerInvariant();
            if (fact.Value is null)
            {
                json.WriteStartObject(name);
                depth++;
            }
            else
            {
                json.WriteString(name, fact.Value);
            }
        }
        for (; depth > 0; depth--) json.WriteEndObject();
        json.WriteEndObject();
    }
}
