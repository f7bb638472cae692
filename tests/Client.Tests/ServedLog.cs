using System.Text;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Client.Tests;

/// <summary>Answers reads of a <see cref="TestLog"/> as docs/HTTP.md says.</summary>
internal static class ServedLog
{
    public static HttpResponseMessage Answer(TestLog log, SeenRequest request)
    {
        string path = request.Path["/v1/".Length..];
        if (path == "checkpoint") return ScriptedGateway.Bytes(log.Note(log.Size));
        if (path == "epochs") return ScriptedGateway.Json(Epochs(log));
        if (path.StartsWith("tile/", StringComparison.Ordinal)) return Tile(log, path);
        if (path.StartsWith("streams", StringComparison.Ordinal)
            || path.StartsWith("entries?type=", StringComparison.Ordinal)
            || path.StartsWith("entries?category=", StringComparison.Ordinal))
        {
            return ServedStreams.Answer(log, path);
        }
        if (path.StartsWith("entries?", StringComparison.Ordinal)) return Page(log, path);
        if (path.StartsWith("attestation", StringComparison.Ordinal))
        {
            return ScriptedGateway.Json(Attestation(log, path));
        }
        string[] parts = path.Split('/', '?');
        int number = int.Parse(parts[1]);
        if (number >= Served(log)) return ScriptedGateway.Problem("not-found", 404);
        if (parts.Length == 2) return ScriptedGateway.Json(Entry(log, number));
        return parts[2] == "payload"
            ? ScriptedGateway.Bytes(log.Entries[number]!.Payload)
            : ScriptedGateway.Bytes(log.Receipt((ulong)number).Encode());
    }

    /// <summary>The answer to an append that became this entry, with its receipt.</summary>
    public static string Appended(TestLog log, ulong number)
    {
        string receipt = Encoding.UTF8.GetString(log.Receipt(number).Encode()).TrimEnd('\n');
        return $$"""
            {"number":{{number}},"epoch":0,"time":"2026-01-01T00:00:00.000Z","payload_digest":"",
             "payload_length":1,"stream":"orders","version":7,"receipt":{{receipt}}}
            """;
    }

    /// <summary>An answer with a document and a head beside it.</summary>
    public static string Attestation(TestLog log, byte[] document, ulong size, Digest root) =>
        $$"""
        {"document":"{{Convert.ToBase64String(document)}}",
         "statement":"{{Convert.ToBase64String(log.Epochs[^1].Statement.Bytes.Span)}}",
         "size":{{size}},"root":"{{Convert.ToBase64String(root.AsSpan())}}"}
        """;

    /// <summary>The answer for the nonce that a path asks for, or the newest epoch's.</summary>
    private static string Attestation(TestLog log, string path)
    {
        int at = path.IndexOf('=', StringComparison.Ordinal);
        byte[] document = at < 0
            ? log.Epochs[^1].Document
            : log.LiveDocument(Convert.FromHexString(path[(at + 1)..]));
        return Attestation(log, document, log.Size, log.RootAt(log.Size));
    }

    private static int Served(TestLog log) => log.Records.Count;

    /// <summary>A record, taken apart.</summary>
    public static string Entry(TestLog log, int number, bool hasPayload = false)
    {
        string record = Convert.ToBase64String(log.Records[number]);
        if (log.Entries[number] is not { } entry) return $$"""{"record":"{{record}}"}""";
        Assert.True(EntryMetadata.TryParse(entry.Metadata, out EntryMetadata? metadata));
        string pairs = string.Join(
            ',', metadata!.Pairs.Select(p => $"{Text(p.Key)}:{Text(p.Value)}"));
        string stream = StreamOf(entry) is { } name ? $",\"stream\":{Text(name)}" : "";
        string payload =
            hasPayload ? $",\"payload_base64\":\"{Convert.ToBase64String(entry.Payload)}\"" : "";
        return $$"""
            {"number":0,"record":"{{record}}","type":{{Text(metadata.Type)}},
             "content_type":{{Text(metadata.ContentType)}},"metadata":{ {{pairs}} }{{stream}}{{payload}}}
            """;
    }

    private static HttpResponseMessage Page(TestLog log, string path)
    {
        int[] query =
            [.. path.Split('=', '&').Where(p => int.TryParse(p, out _)).Select(int.Parse)];
        int end = Math.Min(query[0] + query[1], Served(log));
        var entries = Enumerable.Range(query[0], Math.Max(0, end - query[0]));
        string next = end < Served(log) ? $",\"next\":{end}" : "";
        return ScriptedGateway.Json(
            $$"""{"entries":[{{string.Join(',', entries.Select(n => Entry(log, n)))}}]{{next}}}""");
    }

    private static HttpResponseMessage Tile(TestLog log, string path)
    {
        Assert.True(TilePath.TryParse(path, out TilePath tile));
        ulong first = tile.Index * TilePath.FullWidth;
        if (tile.IsEntries)
        {
            return first + (ulong)tile.Width <= log.Size
                ? ScriptedGateway.Bytes(log.EntryBundle(first, first + (ulong)tile.Width))
                : ScriptedGateway.Problem("not-found", 404);
        }
        var hashes = Enumerable.Range(0, tile.Width)
            .SelectMany(i => log.Read(tile.Level * 8, first + (ulong)i).ToArray());
        return ScriptedGateway.Bytes(hashes.ToArray());
    }

    private static string Epochs(TestLog log)
    {
        var epochs = log.Epochs.Select(e =>
            $$"""
            {"epoch":{{e.Statement.Fields.Epoch}},"number":{{e.Statement.Fields.Number}},
             "statement":"{{Convert.ToBase64String(e.Statement.Bytes.Span)}}",
             "document":"{{Convert.ToBase64String(e.Document)}}"}
            """);
        return $$"""{"epochs":[{{string.Join(',', epochs)}}]}""";
    }

    /// <summary>The stream that an entry was appended to.</summary>
    public static string? StreamOf(TestEntry? entry)
    {
        if (entry is null || !AppendRequest.TryParse(entry.Request, out AppendRequest request)) return null;
        foreach (Operation operation in request.Operations)
        {
            if (operation.IsUpdate) return Encoding.UTF8.GetString(operation.Name);
        }
        return null;
    }

    private static string Text(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
