using System.Text.Json;

namespace Sequencer.InstanceMetadata;

/// <summary>What the service says of a role: one JSON object with credentials, or why not.</summary>
internal static class RoleAnswer
{
    private const string Good = "Success";
    private const int SaidCharsMax = 300;

    /// <summary>Reads it.</summary>
    /// <exception cref="RoleCredentialsException">There are no credentials in it.</exception>
    public static RoleCredentials Read(string role, byte[] answer)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(answer);
            JsonElement root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw None(role, "is no object");
            if (Text(root, "Code") is { } code && code != Good)
            {
                throw None(role, $"is {code}: {Text(root, "Message") ?? "no more is said"}");
            }
            string Require(string name) =>
                Text(root, name) ?? throw None(role, $"has no {name}");
            return new RoleCredentials(
                role, Require("AccessKeyId"), Require("SecretAccessKey"), Require("Token"));
        }
        // The second is for text that is no UTF-8.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Without the parser's words, which might show some of the answer.
            throw None(role, "is no JSON");
        }
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement member)
        && member.ValueKind == JsonValueKind.String
        && member.GetString() is { Length: > 0 } text
            ? text : null;

    private static RoleCredentialsException None(string role, string said)
    {
        string line = $"what the metadata service says of role {role} {said}".ReplaceLineEndings(" ");
        return new RoleCredentialsException(
            RoleFault.NoCredentials,
            line.Length <= SaidCharsMax ? line : line[..SaidCharsMax] + "…");
    }
}
