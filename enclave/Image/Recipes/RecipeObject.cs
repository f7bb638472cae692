using System.Globalization;
using System.Text.Json;

namespace Sequencer.Enclave.Image.Recipes;

/// <summary>
/// An object of a recipe whose members are asked for one by one. A member that nobody asks for is a
/// fault, since a mistyped name would leave something out of the image.
/// </summary>
internal sealed class RecipeObject
{
    private readonly string _place;
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);

    public RecipeObject(JsonElement element, string place)
    {
        _place = place;
        if (element.ValueKind != JsonValueKind.Object) throw Fault(place, "not an object");
        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (!_members.TryAdd(member.Name, member.Value))
            {
                throw Fault(At(member.Name), "stands twice");
            }
        }
    }

    public string Text(string name) => TextOf(name, Take(name));

    public string? OptionalText(string name) =>
        _members.Remove(name, out JsonElement value) ? TextOf(name, value) : null;

    public int Integer(string name, int min, int max) =>
        Take(name) is { ValueKind: JsonValueKind.Number } value
            && value.TryGetInt32(out int number) && number >= min && number <= max
            ? number
            : throw Fault(At(name), $"not an integer from {min} to {max}");

    /// <summary>A file mode as octal text, like 0755.</summary>
    public int Mode(string name)
    {
        string text = Text(name);
        bool isOctal = text.Length == 4 && text.All(c => c is >= '0' and <= '7');
        return isOctal ? Convert.ToInt32(text, 8) : throw Fault(At(name), "no mode such as 0755");
    }

    public T OneOf<T>(string name, string text, params ReadOnlySpan<(string Text, T Value)> choices)
    {
        foreach ((string choice, T value) in choices)
        {
            if (choice == text) return value;
        }
        throw Fault(At(name), $"not known: {text}");
    }

    public RecipeObject Object(string name) => new(Take(name), At(name));

    public List<RecipeObject> Objects(string name, int max)
    {
        JsonElement array = Take(name);
        if (array.ValueKind != JsonValueKind.Array) throw Fault(At(name), "not an array");
        if (array.GetArrayLength() > max) throw Fault(At(name), $"more than {max}");
        return
        [
            .. array.EnumerateArray().Select((element, i) => new RecipeObject(
                element, string.Create(CultureInfo.InvariantCulture, $"{At(name)}[{i}]"))),
        ];
    }

    /// <summary>Checks that every member was asked for.</summary>
    public void End()
    {
        foreach (string name in _members.Keys) throw Fault(At(name), "unknown member");
    }

    /// <summary>A fault of a member that was read.</summary>
    public RecipeFault FaultOf(string name, string reason) => Fault(At(name), reason);

    private JsonElement Take(string name) =>
        _members.Remove(name, out JsonElement value) ? value : throw Fault(At(name), "missing");

    private string TextOf(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) throw Fault(At(name), "not a string");
        string text = value.GetString()!;
        if (text.Length == 0) throw Fault(At(name), "empty");
        return text.Any(char.IsControl) ? throw Fault(At(name), "has a control character") : text;
    }

    private string At(string name) => _place.Length == 0 ? name : $"{_place}.{name}";

    private static RecipeFault Fault(string place, string reason) =>
        new(place.Length == 0 ? $"the recipe: {reason}" : $"{place}: {reason}");
}

/// <summary>Carries a fault to <see cref="RecipeReader.TryRead"/> and never beyond.</summary>
internal sealed class RecipeFault(string message) : Exception(message);
