using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sequencer.Gateway.Tests.OpenApi;

/// <summary>
/// The part of JSON Schema 2020-12 that docs/openapi.json uses. A keyword that it does not know is a
/// failure, so that no rule of the document is passed over.
/// </summary>
internal static class JsonSchema
{
    private static readonly HashSet<string> Said = new(StringComparer.Ordinal)
    {
        "description", "title", "example", "examples", "default", "contentEncoding",
        "contentMediaType", "format",
    };

    /// <summary>What is wrong with a value, each with its place; empty when it fits.</summary>
    public static List<string> Validate(JsonElement value, JsonElement schema, JsonElement document)
    {
        var faults = new List<string>();
        Validate(value, schema, document, "$", faults);
        return faults;
    }

    /// <summary>What a local reference, such as <c>#/components/schemas/Entry</c>, points at.
    /// </summary>
    public static JsonElement Follow(JsonElement schema, JsonElement document)
    {
        while (schema.ValueKind == JsonValueKind.Object
            && schema.TryGetProperty("$ref", out JsonElement reference))
        {
            schema = document;
            foreach (string step in reference.GetString()!.TrimStart('#', '/').Split('/'))
            {
                schema = schema.GetProperty(step.Replace("~1", "/").Replace("~0", "~"));
            }
        }
        return schema;
    }

    private static void Validate(
        JsonElement value, JsonElement schema, JsonElement document, string place, List<string> faults)
    {
        schema = Follow(schema, document);
        foreach (JsonProperty rule in schema.EnumerateObject())
        {
            if (Said.Contains(rule.Name)) continue;
            bool fits = rule.Name switch
            {
                "type" => Types(rule.Value).Any(type => IsOf(value, type)),
                "enum" => rule.Value.EnumerateArray().Any(v => JsonElement.DeepEquals(v, value)),
                "const" => JsonElement.DeepEquals(rule.Value, value),
                "pattern" => value.ValueKind != JsonValueKind.String
                    || Regex.IsMatch(value.GetString()!, rule.Value.GetString()!),
                "minimum" => value.ValueKind != JsonValueKind.Number
                    || value.GetDecimal() >= rule.Value.GetDecimal(),
                "maximum" => value.ValueKind != JsonValueKind.Number
                    || value.GetDecimal() <= rule.Value.GetDecimal(),
                "minLength" => value.ValueKind != JsonValueKind.String
                    || value.GetString()!.Length >= rule.Value.GetInt32(),
                "maxLength" => value.ValueKind != JsonValueKind.String
                    || value.GetString()!.Length <= rule.Value.GetInt32(),
                "maxItems" => value.ValueKind != JsonValueKind.Array
                    || value.GetArrayLength() <= rule.Value.GetInt32(),
                "minItems" => value.ValueKind != JsonValueKind.Array
                    || value.GetArrayLength() >= rule.Value.GetInt32(),
                "required" => value.ValueKind != JsonValueKind.Object
                    || rule.Value.EnumerateArray().All(n => value.TryGetProperty(n.GetString()!, out _)),
                "oneOf" => rule.Value.EnumerateArray().Count(s => Fits(value, s, document)) == 1,
                "anyOf" => rule.Value.EnumerateArray().Any(s => Fits(value, s, document)),
                "allOf" => rule.Value.EnumerateArray().All(s => Fits(value, s, document)),
                "items" => Items(value, rule.Value, document, place, faults),
                "properties" => Members(value, rule.Value, document, place, faults),
                "additionalProperties" =>
                    Others(value, schema, rule.Value, document, place, faults),
                _ => throw new InvalidOperationException($"Keyword {rule.Name} is not known here."),
            };
            if (!fits) faults.Add($"{place}: {rule.Name} {Shorten(rule.Value)}, but is {Shorten(value)}");
        }
    }

    private static bool Fits(JsonElement value, JsonElement schema, JsonElement document) =>
        Validate(value, schema, document).Count == 0;

    private static IEnumerable<string> Types(JsonElement type) =>
        type.ValueKind == JsonValueKind.Array
            ? type.EnumerateArray().Select(t => t.GetString()!)
            : [type.GetString()!];

    private static bool IsOf(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number
            && decimal.IsInteger(value.GetDecimal()),
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => throw new InvalidOperationException($"Type {type} is not known here."),
    };

    private static bool Items(
        JsonElement value, JsonElement schema, JsonElement document, string place, List<string> faults)
    {
        if (value.ValueKind != JsonValueKind.Array) return true;
        int index = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            Validate(item, schema, document, $"{place}[{index++}]", faults);
        }
        return true;
    }

    private static bool Members(
        JsonElement value, JsonElement schemas, JsonElement document, string place, List<string> faults)
    {
        if (value.ValueKind != JsonValueKind.Object) return true;
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (!schemas.TryGetProperty(member.Name, out JsonElement schema)) continue;
            Validate(member.Value, schema, document, $"{place}.{member.Name}", faults);
        }
        return true;
    }

    private static bool Others(
        JsonElement value,
        JsonElement schema,
        JsonElement others,
        JsonElement document,
        string place,
        List<string> faults)
    {
        if (value.ValueKind != JsonValueKind.Object) return true;
        schema.TryGetProperty("properties", out JsonElement named);
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (named.ValueKind == JsonValueKind.Object && named.TryGetProperty(member.Name, out _))
            {
                continue;
            }
            if (others.ValueKind == JsonValueKind.False)
            {
                faults.Add($"{place}: member {member.Name} is not in the schema");
            }
            else
            {
                Validate(member.Value, others, document, $"{place}.{member.Name}", faults);
            }
        }
        return true;
    }

    private static string Shorten(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= 120 ? text : string.Create(CultureInfo.InvariantCulture, $"{text[..120]}…");
    }
}
