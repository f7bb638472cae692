using System.Globalization;
using System.Text.Json;
using System.Web;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Client.Tests;

/// <summary>Answers reads of a <see cref="TestLog"/>'s streams as docs/HTTP.md says, a few entries a
/// page.</summary>
internal static class ServedStreams
{
    private const int PageEntries = 4;

    public static HttpResponseMessage Answer(TestLog log, string path)
    {
        string[] parts = path.Split('?')[0].Split('/');
        var query = HttpUtility.ParseQueryString(path.Split('?').ElementAtOrDefault(1) ?? "");
        if (parts is ["streams"]) return List(log, query["cursor"]!, query["category"]);
        if (parts is ["streams", var one]) return Find(log, Uri.UnescapeDataString(one));
        bool isForwards = query["direction"] != "backwards";
        string? name = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : null;
        string from = query[name is null ? "from" : "from_version"] ?? (isForwards ? "0" : "99999");
        int limit = query["limit"] is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : PageEntries;
        (int Number, int Position)[] all =
        [
            .. Numbers(log)
                .Where(n => name is not null ? ServedLog.StreamOf(log.Entries[n]) == name
                    : query["type"] is { } type ? TypeOf(log, n) == type
                    : ServedLog.StreamOf(log.Entries[n])!.Split('-')[0] == query["category"])
                .Select((n, i) => (n, name is null ? n : i + 1)),
        ];
        int start = int.Parse(from, CultureInfo.InvariantCulture);
        var left = isForwards
            ? all.Where(e => e.Position >= start).ToArray()
            : all.Where(e => e.Position <= start).Reverse().ToArray();
        string next = left.Length > limit ? $",\"next\":{left[limit].Position}" : "";
        bool hasPayload = query["payload"] != "false";
        return ScriptedGateway.Json(
            $$"""{"entries":[{{string.Join(
                ',', left.Take(limit).Select(e => ServedLog.Entry(log, e.Number, hasPayload)))}}]{{next}}}""");
    }

    private static HttpResponseMessage List(TestLog log, string cursor, string? category)
    {
        var streams = Streams(log)
            .Where(s => s.First >= int.Parse(cursor, CultureInfo.InvariantCulture)
                && (category is null || s.Name.Split('-')[0] == category))
            .ToArray();
        string next = streams.Length > 1 ? $",\"next\":{streams[1].First}" : "";
        return ScriptedGateway.Json(
            $$"""{"streams":[{{string.Join(',', streams.Take(1).Select(Json))}}]{{next}}}""");
    }

    private static HttpResponseMessage Find(TestLog log, string name) =>
        Streams(log).SingleOrDefault(s => s.Name == name) is { Name: not null } stream
            ? ScriptedGateway.Json(Json(stream))
            : ScriptedGateway.Problem("not-found", 404);

    private static IEnumerable<(string Name, int Version, int First, int Last)> Streams(TestLog log) =>
        Numbers(log).GroupBy(n => ServedLog.StreamOf(log.Entries[n])!)
            .Select(g => (g.Key, g.Count(), g.First(), g.Last()));

    private static IEnumerable<int> Numbers(TestLog log) =>
        Enumerable.Range(0, log.Records.Count).Where(n => ServedLog.StreamOf(log.Entries[n]) is not null);

    private static string TypeOf(TestLog log, int number)
    {
        Assert.True(EntryMetadata.TryParse(log.Entries[number]!.Metadata, out EntryMetadata? metadata));
        return metadata!.Type;
    }

    private static string Json((string Name, int Version, int First, int Last) stream) =>
        $$"""
        {"stream":"{{JsonEncodedText.Encode(stream.Name)}}","version":{{stream.Version}},
         "first":{{stream.First}},"last":{{stream.Last}}}
        """;
}
