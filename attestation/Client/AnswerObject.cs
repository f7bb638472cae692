using System.Text.Json;
using Sequencer.Attestation;

namespace Sequencer.Client;

/// <summary>
/// An object of an answer, whose members have to be what docs/HTTP.md says. Members that it does
/// not know are left alone: a later gateway may add some.
/// </summary>
internal readonly struct AnswerObject
{
    private readonly JsonElement _element;

    public AnswerObject(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new UnexpectedAnswerException("The answer has no object where one belongs.");
        }
        _element = element;
    }

    public static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
        }
        catch (JsonException e)
        {
            throw new UnexpectedAnswerException("The answer is not JSON.", e);
        }
    }

    public bool TryGet(string name, out JsonElement member) =>
        _element.TryGetProperty(name, out member);

    public ulong UInt64(string name) =>
        Get(name, JsonValueKind.Number).TryGetUInt64(out ulong value)
            ? value
            : throw Wrong(name, "an integer of 64 bits");

    public uint UInt32(string name) =>
        Get(name, JsonValueKind.Number).TryGetUInt32(out uint value)
            ? value
            : throw Wrong(name, "an integer of 32 bits");

    public uint? OptionalUInt32(string name) => TryGet(name, out _) ? UInt32(name) : null;

    public string Text(string name) => Text(Get(name, JsonValueKind.String), name);

    public string? OptionalText(string name) => TryGet(name, out _) ? Text(name) : null;

    public byte[] Base64(string name) =>
        Get(name, JsonValueKind.String).TryGetBytesFromBase64(out byte[]? bytes)
            ? bytes
            : throw Wrong(name, "base64");

    public Digest DigestBase64(string name) =>
        Digest.TryParseBase64(Text(name), out Digest digest)
            ? digest
            : throw Wrong(name, "base64 of 32 bytes");

    public Digest DigestHex(string name) =>
        Digest.TryParseHex(Text(name), out Digest digest)
            ? digest
            : throw Wrong(name, "64 lower-case hexadecimal digits");

    public IEnumerable<JsonElement> Array(string name) =>
        Get(name, JsonValueKind.Array).EnumerateArray();

    public IEnumerable<KeyValuePair<string, string>> TextPairs(string name)
    {
        foreach (JsonProperty pair in Get(name, JsonValueKind.Object).EnumerateObject())
        {
            if (pair.Value.ValueKind != JsonValueKind.String) throw Wrong(name, "texts only");
            yield return new(pair.Name, Text(pair.Value, name));
        }
    }

    public static UnexpectedAnswerException Wrong(string name, string expected) =>
        new($"Member {name} of the answer is not {expected}.");

    private JsonElement Get(string name, JsonValueKind kind) =>
        TryGet(name, out JsonElement member) && member.ValueKind == kind
            ? member
            : throw Wrong(name, $"there, or no {kind}");

    private static string Text(JsonElement member, string name)
    {
        try
        {
            return member.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // The reader's word for half a surrogate pair.
            throw Wrong(name, "valid text");
        }
    }
}
