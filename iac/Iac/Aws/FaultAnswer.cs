using System.Text.Json;
using System.Xml.Linq;

namespace Sequencer.Iac.Aws;

/// <summary>Reads answers that say no, in whichever way a service says it.</summary>
internal static class FaultAnswer
{
    private const int MessageCharsMax = 500;

    public static AwsFault Read(string call, int status, byte[] body)
    {
        (string code, string message) = FromXml(body) ?? FromJson(body) ?? ("", "");
        if (message.Length == 0) message = $"the answer is {status} and says nothing more";
        // Behind the first line, where a signature is refused, stands all that was to be signed, the
        // session token with it; behind this, a long secret text for the administrator's decoder.
        message = message.Trim().Split('\n', '\r')[0];
        message = message.Split(" Encoded authorization failure message:")[0];
        if (message.Length > MessageCharsMax) message = message[..MessageCharsMax] + "…";
        return new AwsFault(call, status, code, message);
    }

    private static (string, string)? FromXml(byte[] body)
    {
        XElement? error = XmlAnswer.Read(body)?.DescendantsAndSelf()
            .FirstOrDefault(e => e.Name.LocalName == "Error");
        return error?.Text("Code") is { } code ? (code, error.Text("Message") ?? code) : null;
    }

    // {"__type": "com.amazonaws.x#AccessDeniedException", "message": "…"}
    private static (string, string)? FromJson(byte[] body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            JsonElement root = json.RootElement;
            if (!root.TryGetProperty("__type", out JsonElement type)) return null;
            string code = type.GetString()!.Split('#')[^1];
            return root.TryGetProperty("message", out JsonElement message)
                || root.TryGetProperty("Message", out message)
                    ? (code, message.GetString() ?? code)
                    : (code, code);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
