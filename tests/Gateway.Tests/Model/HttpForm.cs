using System.Text;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Tests.Model;

/// <summary>The model's requests as they go over HTTP. Its words need no escapes.</summary>
internal static class HttpForm
{
    /// <summary>Path of an append.</summary>
    public static string PathOf(Post post) => post switch
    {
        { PathStream: { } stream } => $"/v1/streams/{stream}/entries",
        { Form: Form.Single } => "/v1/entries",
        _ => "/v1/entries:batch",
    };

    /// <summary>Query of an append, with its question mark.</summary>
    public static string QueryOf(Post post) => post switch
    {
        { Form: Form.Single, IsSequenced: false } => "?receipt=none",
        { Form: Form.Atomic, PathStream: null } => $"?atomic=true&ack={Level(post)}",
        _ => $"?ack={Level(post)}",
    };

    /// <summary>Media type of the body.</summary>
    public static string ContentTypeOf(Post post) =>
        post.Form == Form.Single ? "application/json" : "application/x-ndjson";

    /// <summary>Key and condition, where they do not stand in the body.</summary>
    public static IEnumerable<(string Name, string Value)> HeadersOf(Post post)
    {
        if (post.HasHeaderKey && post.Entries[0].Key is { } key)
        {
            yield return ("Idempotency-Key", key);
        }
        if (!IsExpectedInHeader(post)) yield break;
        string expected = post.Entries[0].Expected;
        if (expected == "any") yield break;
        // Two ways to say the same.
        yield return (post.PathStream, expected) switch
        {
            ({ }, _) => ("Expected-Version", expected),
            (_, "none") => ("If-None-Match", "*"),
            (_, "exists") => ("If-Match", "*"),
            _ => ("If-Match", $"\"{expected}\""),
        };
    }

    /// <summary>The body: an object, or one a line.</summary>
    public static byte[] BodyOf(Post post) => Encoding.UTF8.GetBytes(
        string.Join('\n', post.Entries.Select(entry => LineOf(post, entry))));

    /// <summary>Path and query of a read.</summary>
    public static (string Path, string Query) Of(Step step) => step switch
    {
        ReadOne one => ($"/v1/entries/{one.Number}", ""),
        ReadPayload found => ("/v1/entries", $"?payload_digest={DigestOf(found)}&limit=1000"),
        ReadStreams { Category: null } => ("/v1/streams", "?limit=1000"),
        ReadStreams streams => ("/v1/streams", $"?limit=1000&category={streams.Category}"),
        ReadSequence { Of: Model.Of.Stream } read =>
            ($"/v1/streams/{read.Name}/entries", RangeOf(read, "from_version")),
        ReadSequence { Of: Model.Of.All } read => ("/v1/entries", RangeOf(read, "from")),
        ReadSequence { Of: Model.Of.Type } read =>
            ("/v1/entries", $"{RangeOf(read, "from")}&type={read.Name}"),
        ReadSequence read => ("/v1/entries", $"{RangeOf(read, "from")}&category={read.Name}"),
        _ => throw new InvalidOperationException($"{step} reads nothing."),
    };

    private static string RangeOf(ReadSequence read, string fromName) =>
        $"?limit={read.Limit}"
        + (read.From is { } from ? $"&{fromName}={from}" : "")
        + (read.IsBackwards ? "&direction=backwards" : "");

    private static string DigestOf(ReadPayload found) =>
        Derivation.Payload(Encoding.UTF8.GetBytes(found.Payload)).ToHex();

    private static string Level(Post post) => post.IsSequenced ? "sequenced" : "durable";

    private static bool IsExpectedInHeader(Post post) =>
        post.Form == Form.Single || post.PathStream is not null;

    private static string LineOf(Post post, Entry entry)
    {
        string line = $"{{\"payload\":\"{entry.Payload}\",\"type\":\"{entry.Payload}\"";
        if (entry.Stream is not null && post.PathStream is null)
        {
            line += $",\"stream\":\"{entry.Stream}\"";
        }
        if (entry.Expected != "any" && !IsExpectedInHeader(post))
        {
            line += $",\"expected_version\":{ValueOf(entry.Expected)}";
        }
        if (entry.Also is { } also) line += $",\"guards\":[{{{GuardOf(also)}}}]";
        if (!post.HasHeaderKey && entry.Key is not null)
        {
            line += $",\"idempotency_key\":\"{entry.Key}\"";
        }
        return line + "}";
    }

    private static string GuardOf(Guard guard) =>
        $"\"stream\":\"{guard.Stream}\","
        + (guard.IsSince
            ? $"\"unchanged_since\":{guard.Expected[6..]}"
            : $"\"expected_version\":{ValueOf(guard.Expected)}");

    private static string ValueOf(string expected) =>
        char.IsDigit(expected[0]) ? expected : $"\"{expected}\"";
}
