using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests.Log;

namespace Sequencer.Cli.Tests;

/// <summary>
/// Serves a <see cref="TestLog"/> on loopback as docs/HTTP.md says, and lies where a test asks it
/// to.
/// </summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly WebApplication _server;

    private TestGateway(TestLog log)
    {
        Log = log;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(AnswerAsync);
    }

    /// <summary>Locked while a request is answered; who changes it locks it too.</summary>
    public TestLog Log { get; }

    public Uri Url => new(_server.Urls.First());

    /// <summary>Paths with queries, in the order of arrival.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Changes an answer's bytes; the path says which it is.</summary>
    public Func<string, byte[], byte[]> Edit { get; set; } = (_, body) => body;

    /// <summary>Answers in the place of the log, where it gives a status and a body.</summary>
    public Func<string, (int Status, string Problem)?> Refuse { get; set; } = _ => null;

    /// <summary>Which number is erased when another is asked for.</summary>
    public Func<ulong, ulong> Erased { get; set; } = number => number;

    public static async Task<TestGateway> StartAsync(TestLog log)
    {
        var gateway = new TestGateway(log);
        await gateway._server.StartAsync();
        return gateway;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync();
        await _server.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path + context.Request.QueryString;
        Requests.Enqueue(path);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (Refuse(path) is var (status, problem))
        {
            await ProblemAsync(context, status, problem);
            return;
        }
        byte[]? answer;
        lock (Log) answer = Answer(context, body.ToArray());
        if (answer is null)
        {
            await ProblemAsync(context, 404, """{"type":"urn:sequencer:problem:not-found"}""");
            return;
        }
        await context.Response.Body.WriteAsync(Edit(path, answer));
    }

    private static Task ProblemAsync(HttpContext context, int status, string problem)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        return context.Response.WriteAsync(problem);
    }

    private byte[]? Answer(HttpContext context, byte[] body)
    {
        string[] parts = context.Request.Path.Value!.Trim('/').Split('/');
        return parts switch
        {
            ["v1", "checkpoint"] => Log.Note(Log.Size),
            ["v1", "epochs"] => Json(WriteEpochs),
            ["v1", "tile", ..] => Tile(string.Join('/', parts[1..])),
            ["v1", "entries:batch"] => Batch(body),
            ["v1", "entries"] when context.Request.Method == "POST" => Append(context, body),
            ["v1", "entries"] when context.Request.Headers.Accept == "text/event-stream" =>
                Events(context),
            ["v1", "entries"] => Range(context.Request.Query),
            ["v1", "epochs", var epoch] => Json(json =>
            {
                json.WriteStartObject();
                json.WriteBase64String("document", Log.Epochs[int.Parse(epoch)].Document);
                json.WriteEndObject();
            }),
            ["v1", "streams"] => Json(WriteStreams),
            ["v1", "streams", var name, "entries"] => Json(json => WriteStream(json, name)),
            ["v1", "entries", var text, ..] when ulong.TryParse(text, out ulong number)
                && number < Log.Size => OfRecord(context, parts[3..], number, body),
            _ => null,
        };
    }

    // What there is, and its head; the subscriber comes again.
    private byte[] Events(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        ulong from = ulong.Parse(context.Request.Query["from"]!, CultureInfo.InvariantCulture);
        var text = new StringBuilder();
        for (ulong number = from; number < Log.Size; number++)
        {
            string record = Encoding.UTF8.GetString(Json(json => WriteRecord(json, number)));
            text.Append("event: entry\ndata: ").Append(record.TrimEnd('\n')).Append("\n\n");
        }
        string note = Encoding.UTF8.GetString(Json(json =>
        {
            json.WriteStartObject();
            json.WriteString("checkpoint", Encoding.UTF8.GetString(Log.Note(Log.Size)));
            json.WriteEndObject();
        }));
        text.Append("event: checkpoint\ndata: ").Append(note.TrimEnd('\n')).Append("\n\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private byte[]? OfRecord(HttpContext context, string[] rest, ulong number, byte[] body)
    {
        switch (rest)
        {
            case []: return Json(json => WriteRecord(json, number));
            case ["payload"] when context.Request.Method == "DELETE": return Erase(number, body);
            case ["payload"]:
                if (Log.Entries[(int)number] is { Salt.Length: > 0 } salted)
                {
                    context.Response.Headers["Sequencer-Salt"] =
                        Convert.ToBase64String(salted.Salt);
                }
                return Log.Entries[(int)number]?.Payload;
            case ["receipt"] when context.Request.Query["format"] == "tlog-proof":
                Assert.True(ReceiptTlogProof.TryEncode(Log.Receipt(number), out byte[]? proof));
                return proof;
            case ["receipt"]: return Log.Receipt(number).Encode();
            default: return null;
        }
    }

    private byte[] Erase(ulong number, byte[] body)
    {
        number = Erased(number);
        string reason = "";
        if (body.Length > 0)
        {
            using JsonDocument json = JsonDocument.Parse(body);
            reason = json.RootElement.GetProperty("reason").GetString()!;
        }
        ulong tombstone = Log.Erase(number, reason);
        return Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("number", tombstone);
            writer.WriteNumber("erased", number);
            WriteReceipt(writer, tombstone);
            writer.WriteEndObject();
        });
    }

    private void WriteReceipt(Utf8JsonWriter writer, ulong number)
    {
        var receipt = new ArrayBufferWriter<byte>();
        Log.Receipt(number).WriteObject(receipt);
        writer.WritePropertyName("receipt");
        writer.WriteRawValue(receipt.WrittenSpan, skipInputValidation: true);
    }

    private byte[]? Tile(string text)
    {
        if (!TilePath.TryParse(text, out TilePath tile)) return null;
        int level = Math.Max(0, tile.Level);
        if (TileMath.Width(level, tile.Index, Log.Size) != tile.Width) return null;
        ulong first = tile.Index * TilePath.FullWidth;
        if (tile.IsEntries) return Log.EntryBundle(first, first + (ulong)tile.Width);
        var bytes = new List<byte>();
        for (ulong i = first; i < first + (ulong)tile.Width; i++)
        {
            bytes.AddRange(Log.Read(level * TileMath.LevelsPerTile, i).ToArray());
        }
        return [.. bytes];
    }

    private byte[] Append(HttpContext context, byte[] body)
    {
        using JsonDocument json = JsonDocument.Parse(body);
        string? key = context.Request.Headers["Idempotency-Key"];
        ulong number = Append(json.RootElement, key);
        context.Response.StatusCode = 201;
        return Json(writer =>
        {
            Assert.True(RecordHeader.TryRead(Log.Records[(int)number], out RecordHeader header));
            writer.WriteStartObject();
            writer.WriteNumber("number", number);
            writer.WriteNumber("epoch", header.Epoch);
            writer.WriteString("time", Time(header.TimeMs));
            writer.WriteString("payload_digest", Digest.Zero.ToHex());
            writer.WriteNumber("payload_length", 0);
            if (json.RootElement.TryGetProperty("stream", out JsonElement stream))
            {
                writer.WriteString("stream", stream.GetString());
                writer.WriteNumber("version", Version(number));
            }
            WriteReceipt(writer, number);
            writer.WriteEndObject();
        });
    }

    private byte[] Batch(byte[] body)
    {
        var numbers = new List<ulong>();
        string text = Encoding.UTF8.GetString(body);
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using JsonDocument json = JsonDocument.Parse(line);
            numbers.Add(Append(json.RootElement, null));
        }
        return Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("entries");
            foreach (ulong number in numbers)
            {
                writer.WriteStartObject();
                writer.WriteString("status", "appended");
                writer.WriteNumber("number", number);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteNumber("size", Log.Size);
            writer.WriteString("checkpoint", Encoding.UTF8.GetString(Log.Note(Log.Size)));
            writer.WriteEndObject();
        });
    }

    private ulong Append(JsonElement entry, string? key)
    {
        var pairs = new Dictionary<string, string>();
        if (entry.TryGetProperty("metadata", out JsonElement given))
        {
            foreach (JsonProperty pair in given.EnumerateObject())
            {
                pairs[pair.Name] = pair.Value.GetString()!;
            }
        }
        Assert.True(EntryMetadata.TryCreate(
            Text(entry, "type") ?? "", Text(entry, "content_type") ?? "", pairs,
            out EntryMetadata metadata, out _));
        string payload = Text(entry, "payload")
            ?? Encoding.UTF8.GetString(entry.GetProperty("payload_base64").GetBytesFromBase64());
        byte[]? salt = entry.TryGetProperty("salt", out JsonElement text)
            ? text.GetBytesFromBase64()
            : null;
        return Log.Append(payload, Text(entry, "stream"), key, metadata, salt: salt);
    }

    private byte[] Range(IQueryCollection query)
    {
        ulong from = ulong.Parse(query["from"]!, CultureInfo.InvariantCulture);
        ulong limit = ulong.Parse(query["limit"]!, CultureInfo.InvariantCulture);
        ulong end = Math.Min(Log.Size, from + limit);
        return Json(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("entries");
            for (ulong number = from; number < end; number++) WriteRecord(json, number);
            json.WriteEndArray();
            if (end < Log.Size) json.WriteNumber("next", end);
            json.WriteEndObject();
        });
    }

    private void WriteStreams(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("streams");
        foreach (var stream in Entries().GroupBy(n => Stream(Log.Entries[n]!)!))
        {
            json.WriteStartObject();
            json.WriteString("stream", stream.Key);
            json.WriteNumber("version", stream.Count());
            json.WriteNumber("first", stream.First());
            json.WriteNumber("last", stream.Last());
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteStream(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject();
        json.WriteStartArray("entries");
        foreach (int number in Entries().Where(n => Stream(Log.Entries[n]!) == name))
        {
            WriteRecord(json, (ulong)number, hasPayload: true);
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private IEnumerable<int> Entries() =>
        Enumerable.Range(0, Log.Entries.Count).Where(n => Log.Entries[n] is not null);

    private void WriteEpochs(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("epochs");
        foreach (TestEpoch epoch in Log.Epochs)
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", epoch.Statement.Fields.Epoch);
            json.WriteNumber("number", epoch.Statement.Fields.Number);
            json.WriteBase64String("statement", epoch.Statement.Bytes.Span);
            json.WriteBase64String("document", epoch.Document);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteRecord(Utf8JsonWriter json, ulong number, bool hasPayload = false)
    {
        byte[] record = Log.Records[(int)number];
        Assert.True(RecordHeader.TryRead(record, out RecordHeader header));
        json.WriteStartObject();
        json.WriteNumber("number", number);
        json.WriteString("kind", header.Type.ToString().ToLowerInvariant());
        json.WriteNumber("epoch", header.Epoch);
        json.WriteString("time", Time(header.TimeMs));
        json.WriteBase64String("record", record);
        if (Log.Entries[(int)number] is { } entry)
        {
            Assert.True(EntryMetadata.TryParse(entry.Metadata, out EntryMetadata? metadata));
            json.WriteString("type", metadata!.Type);
            json.WriteString("content_type", metadata.ContentType);
            json.WriteStartObject("metadata");
            foreach ((string key, string value) in metadata.Pairs) json.WriteString(key, value);
            json.WriteEndObject();
            if (Stream(entry) is { } stream)
            {
                json.WriteString("stream", stream);
                json.WriteNumber("version", Version(number));
            }
            if (hasPayload) json.WriteBase64String("payload_base64", entry.Payload);
        }
        json.WriteEndObject();
    }

    private static string? Stream(TestEntry entry)
    {
        Assert.True(AppendRequest.TryParse(entry.Request, out AppendRequest request));
        foreach (Operation operation in request.Operations)
        {
            return Encoding.UTF8.GetString(operation.Name);
        }
        return null;
    }

    private long Version(ulong number)
    {
        Assert.True(EntryRecord.TryParse(Log.Records[(int)number], out EntryRecord record));
        return record.Cell(0).Value;
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static string Time(ulong unixMs) =>
        DateTimeOffset.FromUnixTimeMilliseconds((long)unixMs)
            .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes)) write(json);
        return bytes.ToArray();
    }
}
