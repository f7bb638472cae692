using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Tests.Model;

/// <summary>
/// The answer of a real gateway in one line, with all that a caller may rely on and nothing else:
/// so that it can be compared with the model's, and read by a person.
/// </summary>
internal static class AnswerText
{
    /// <summary>The beginning of a payload's digest.</summary>
    public static string DigestOf(string payload) =>
        Shorten(Derivation.Payload(Encoding.UTF8.GetBytes(payload)).ToHex());

    /// <summary>The answer to an append; throws where headers and body disagree.</summary>
    public static string OfAppend(
        int status, string body, string? replayed, string? location, string? tag)
    {
        using JsonDocument json = JsonDocument.Parse(body);
        JsonElement answer = json.RootElement;
        string text = status >= 400 ? Problem(answer)
            : answer.TryGetProperty("entries", out JsonElement entries)
                ? $"{status} [{string.Join("; ", entries.EnumerateArray().Select(Outcome))}]"
                : $"{status} {Appended(answer)}";
        if (status >= 400) Assert.Equal(status, answer.GetProperty("status").GetInt32());
        Assert.Equal(status == 201 ? LocationOf(answer) : null, location);
        Assert.Equal(
            status < 400 && answer.TryGetProperty("version", out JsonElement version)
                ? $"\"{version}\""
                : null,
            tag);
        Assert.True(replayed is null or "true");
        return replayed is null ? text : text + " replayed";
    }

    /// <summary>The answer to a read: a record, a page of them, streams, or a problem.</summary>
    public static string OfRead(int status, string body)
    {
        using JsonDocument json = JsonDocument.Parse(body);
        JsonElement answer = json.RootElement;
        if (status >= 400) return Problem(answer);
        if (answer.TryGetProperty("streams", out JsonElement streams))
        {
            return string.Join("; ", streams.EnumerateArray().Select(s =>
                $"{Appended(s)} {s.GetProperty("first")}-{s.GetProperty("last")}"));
        }
        if (!answer.TryGetProperty("entries", out JsonElement entries)) return Record(answer);
        IEnumerable<string> page = entries.EnumerateArray().Select(Record);
        if (answer.TryGetProperty("next", out JsonElement next)) page = page.Append($"next {next}");
        return string.Join("; ", page);
    }

    private static string LocationOf(JsonElement answer) =>
        answer.TryGetProperty("entries", out JsonElement entries)
            ? $"/v1/streams/{answer.GetProperty("stream")}/entries?from_version="
                + entries[0].GetProperty("version")
            : $"/v1/entries/{answer.GetProperty("number")}";

    private static string Outcome(JsonElement outcome) =>
        outcome.TryGetProperty("problem", out JsonElement problem)
            ? Problem(problem)
            : $"{outcome.GetProperty("status")} {outcome.GetProperty("number")}"
                + (outcome.TryGetProperty("version", out JsonElement version)
                    ? $"@{version}"
                    : "");

    private static string Problem(JsonElement problem)
    {
        string name = problem.GetProperty("type").GetString()!.Split(':')[^1];
        var text = new StringBuilder($"{problem.GetProperty("status")} {name}");
        bool isOfGuard = problem.TryGetProperty("stream", out JsonElement stream);
        if (isOfGuard) text.Append(' ').Append(stream);
        Append(text, problem, "expected", "expected");
        Append(text, problem, "unchanged_since", "since");
        Append(text, problem, "actual", "actual");
        if (!isOfGuard) Append(text, problem, "number", "number");
        Append(text, problem, "limit", "limit");
        Append(text, problem, "index", "at");
        return text.ToString();
    }

    private static void Append(StringBuilder text, JsonElement problem, string member, string word)
    {
        if (!problem.TryGetProperty(member, out JsonElement value)) return;
        text.Append(' ').Append(word).Append(' ').Append(value);
    }

    private static string Record(JsonElement record)
    {
        string kind = record.GetProperty("kind").GetString()!;
        if (kind != "entry") return $"number {record.GetProperty("number")} {kind}";
        string digest = Shorten(record.GetProperty("payload_digest").GetString()!);
        if (record.TryGetProperty("payload", out JsonElement payload))
        {
            Assert.Equal(DigestOf(payload.GetString()!), digest);
        }
        JsonElement group = record.GetProperty("group");
        return $"{Appended(record)} {digest} group {group.GetProperty("first")}"
            + $"+{group.GetProperty("index")}/{group.GetProperty("count")}"
            + (record.GetProperty("idempotent").GetBoolean() ? " idempotent" : "");
    }

    // An entry, or a stream, which has no number.
    private static string Appended(JsonElement entry)
    {
        string text = entry.TryGetProperty("number", out JsonElement number)
            ? $"number {number} "
            : "";
        if (entry.TryGetProperty("stream", out JsonElement stream))
        {
            text += $"{stream}@{entry.GetProperty("version")}";
        }
        return text.TrimEnd();
    }

    private static string Shorten(string hex) => hex[..8];
}
