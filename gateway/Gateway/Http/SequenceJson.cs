using System.Text;
using System.Text.Json;

namespace Sequencer.Gateway.Http;

/// <summary>What is wrong with a body: messages for each member.</summary>
internal sealed class SequenceFaults
{
    private readonly SortedDictionary<string, string> _messages = new(StringComparer.Ordinal);

    /// <summary>Whether there is any.</summary>
    public bool IsEmpty => _messages.Count == 0;

    /// <summary>Says what is wrong with a member.</summary>
    public void Add(string member, string message) => _messages[Query.Shorten(member)] = message;

    /// <summary>Writes <c>{member: [message]}</c>.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach ((string member, string message) in _messages)
        {
            json.WriteStartArray(member);
            json.WriteStringValue(message);
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }
}

/// <summary>Reads <c>{"data": text}</c>, with the messages that the contract's callers know.</summary>
internal static class SequenceJson
{
    private const string Data = "data";
    private const string Missing = "Missing data for required field.";
    private const int FaultsMax = 16;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 16 };

    /// <summary>Reads a body; null, or what is wrong with it.</summary>
    /// <param name="request">Whose body it is: one that is not JSON has no members.</param>
    /// <param name="body">The body.</param>
    /// <param name="data">The text.</param>
    /// <param name="payload">Its bytes, UTF-8.</param>
    public static SequenceFaults? TryRead(
        HttpRequest request, byte[] body, out string data, out byte[] payload)
    {
        (data, payload) = ("", []);
        var faults = new SequenceFaults();
        string? read = null;
        try
        {
            if (RequestBody.IsOf(request, JsonBody.MediaType)) read = ReadMembers(body, faults);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON, or text that is none; what was found before that does not count.
            faults = new SequenceFaults();
            faults.Add("json", "Invalid JSON body.");
            return faults;
        }
        if (!faults.IsEmpty) return faults;
        if (read is null)
        {
            faults.Add(Data, Missing);
            return faults;
        }
        data = read;
        payload = Encoding.UTF8.GetBytes(data);
        return null;
    }

    private static string? ReadMembers(byte[] body, SequenceFaults faults)
    {
        var json = new Utf8JsonReader(body, ReaderOptions);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            json.Read();
            faults.Add("_schema", "Invalid input type.");
            return null;
        }
        string? data = null;
        bool isThere = false;
        int strangers = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            json.Read();
            if (name != Data)
            {
                if (++strangers <= FaultsMax) faults.Add(name, "Unknown field.");
                json.Skip();
                continue;
            }
            // Whoever reads the last and whoever reads the first would not read the same.
            if (isThere) throw new JsonException();
            isThere = true;
            switch (json.TokenType)
            {
                case JsonTokenType.String: data = json.GetString(); break;
                case JsonTokenType.Null: faults.Add(Data, "Field may not be null."); break;
                default: faults.Add(Data, "Not a valid string."); json.Skip(); break;
            }
        }
        json.Read();
        if (!isThere) faults.Add(Data, Missing);
        return data;
    }
}
