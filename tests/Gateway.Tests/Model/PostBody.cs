using System.Text;

namespace Sequencer.Gateway.Tests.Model;

/// <summary>A request of the model as it goes over HTTP.</summary>
internal static class PostBody
{
    /// <summary>Path and query.</summary>
    public static string Path(Post post) =>
        $"/v1/entries{(post.Form == Form.Single ? "" : ":batch")}{Query(post)}";

    /// <summary>The query with its question mark.</summary>
    public static string Query(Post post)
    {
        string level = post.IsSequenced ? "sequenced" : "durable";
        return post.Form switch
        {
            Form.Single when !post.IsSequenced => "?receipt=none",
            Form.Atomic => $"?atomic=true&ack={level}",
            _ => $"?ack={level}",
        };
    }

    /// <summary>Media type of the body.</summary>
    public static string ContentType(Post post) =>
        post.Form == Form.Single ? "application/json" : "application/x-ndjson";

    /// <summary>Key and condition, where they do not stand in the body.</summary>
    public static IEnumerable<(string Name, string Value)> Headers(Post post)
    {
        if (post.HasHeaderKey && post.Entries[0].Key is { } key)
        {
            yield return ("Idempotency-Key", key);
        }
        if (post.Form != Form.Single) yield break;
        switch (post.Entries[0].Expected)
        {
            case "any": break;
            case "none": yield return ("If-None-Match", "*"); break;
            case "exists": yield return ("If-Match", "*"); break;
            case var version: yield return ("If-Match", $"\"{version}\""); break;
        }
    }

    /// <summary>The body: an object, or one a line.</summary>
    public static byte[] Bytes(Post post) => Encoding.UTF8.GetBytes(
        string.Join('\n', post.Entries.Select(entry => Line(post, entry))));

    // The model's words need no escapes.
    private static string Line(Post post, Entry entry)
    {
        string line = $"{{\"payload\":\"{entry.Payload}\"";
        if (entry.Stream is not null) line += $",\"stream\":\"{entry.Stream}\"";
        if (post.Form == Form.Single) return line + "}";
        if (entry.Expected != "any")
        {
            string quote = char.IsDigit(entry.Expected[0]) ? "" : "\"";
            line += $",\"expected_version\":{quote}{entry.Expected}{quote}";
        }
        if (!post.HasHeaderKey && entry.Key is not null) line += $",\"idempotency_key\":\"{entry.Key}\"";
        return line + "}";
    }
}
