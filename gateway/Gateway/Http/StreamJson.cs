using System.Text.Json;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>A stream as JSON.</summary>
internal static class StreamJson
{
    /// <summary>Writes the object of <c>GET /v1/streams/{name}</c>.</summary>
    public static void Write(Utf8JsonWriter json, StreamState stream)
    {
        json.WriteStartObject();
        json.WriteString("stream", stream.Name);
        json.WriteNumber("version", stream.Version);
        json.WriteNumber("first", stream.First);
        json.WriteNumber("last", stream.Last);
        json.WriteEndObject();
    }
}
