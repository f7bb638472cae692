using System.Text;
using System.Text.Json;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Tests.Model;

/// <summary>
/// The answer of a real gateway in one line, with all that a caller may rely on and nothing else: so
/// that it can be compared with the model's, and read by a person.
/// </summary>
internal static class AnswerText
{
    /// <summary>The beginning of a payload's digest.</summary>
    public static string DigestOf(string payload) => Shorten(
        Derivation.Payload(Encoding.UTF8.GetBytes(payload)).ToHex());

    /// <summary>The answer to an append; throws where headers and body disagree.</summary>
    public static string OfAppend(
        int status, string body, string? replayed, string? location, string? tag)
    {
        using JsonDocument json = JsonDocument.Parse(body);
        JsonElement answer = json.RootElement;
        string text;
        if (status >= 400)
        {
            text = Problem(answer);
            Assert.Equal(status, answer.GetProperty("status").GetInt32());
        }
        else if (answer.TryGetProperty("entries", out JsonElement entries))
        {
            text = $"{status} [{string.Join("; ", entries.EnumerateArray().Select(Outcome))}]";
        }
        else
        {
            text = $"{status} {Appended(answer)}";
            Assert.Equal(status == 201 ? $"/v1/entries/{answer.GetProperty("number")}" : null, location);
            Assert.Equal(
                answer.TryGetProperty("version", out JsonElement version) ? $"\"{version}\"" : null,
                tag);
        }
        Assert.True(replayed is null or "true");
        return replayed is null ? text : text + " replayed";
    }

    /// <summary>The answer to a read: a record, a page of them, or a problem.</summary>
    public static string OfRead(int status, string body)
    {
        using JsonDocument json = JsonDocument.Parse(body);
        JsonElement answer = json.RootElement;
        if (status >= 400) return Problem(answer);
        if (!answer.TryGetProperty("entries", out JsonElement entries)) return Record(answer);
        string page = string.Join("; ", entries.EnumerateArray().Select(Record));
        return answer.TryGetProperty("next", out JsonElement next) ? $"{page}; next {next}" : page;
    }

    private static string Outcome(JsonElement outcome) =>
        outcome.TryGetProperty("problem", out JsonElement problem)
            ? Problem(problem)
            : $"{outcome.GetProperty("status")} {outcome.GetProperty("number")}";

    private static string Problem(JsonElement problem)
    {
        string text = $"{problem.GetProperty("status")} {problem.GetProperty("type").GetString()!.Split(':')[^1]}";
        foreach (string member in (string[])["expected", "actual", "number", "limit"])
        {
            if (member == "expected" && problem.TryGetProperty("stream", out JsonElement stream))
            {
                text += $" {stream}";
            }
            if (problem.TryGetProperty(member, out JsonElement value)) text += $" {member} {value}";
        }
        return problem.TryGetProperty("index", out JsonElement index) ? $"{text} at {index}" : text;
    }

    private static string Record(JsonElement record)
    {
        string kind = record.GetProperty("kind").GetString()!;
        if (kind != "entry") return $"number {record.GetProperty("number")} {kind}";
        JsonElement group = record.GetProperty("group");
        return $"{Appended(record)} payload {Shorten(record.GetProperty("payload_digest").GetString()!)}"
            + $" group {group.GetProperty("first")}+{group.GetProperty("index")}/{group.GetProperty("count")}"
            + (record.GetProperty("idempotent").GetBoolean() ? " idempotent" : "");
    }

    private static string Appended(JsonElement entry) =>
        $"number {entry.GetProperty("number")}"
        + (entry.TryGetProperty("stream", out JsonElement stream)
            ? $" {stream}@{entry.GetProperty("version")}"
            : "");

    private static string Shorten(string hex) => hex[..8];
}
