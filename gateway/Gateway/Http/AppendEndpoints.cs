using System.Text.Json;
using Microsoft.Net.Http.Headers;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Receipts;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>Sizes that the edge takes in, in bytes.</summary>
/// <param name="EntryMaxBytes">Longest payload.</param>
/// <param name="BatchMaxBytes">Longest body of a batch.</param>
public sealed record EdgeLimits(int EntryMaxBytes, int BatchMaxBytes)
{
    /// <summary>Longest JSON body of one entry: base64 or escapes, and the other members.</summary>
    public int JsonMaxBytes => (int)Math.Min(2L * EntryMaxBytes + 64 * 1024, Array.MaxLength);

    /// <summary>Longest body of any kind.</summary>
    public int BodyMaxBytes => Math.Max(JsonMaxBytes, BatchMaxBytes);
}

/// <summary><c>POST /v1/entries</c> and <c>POST /v1/entries:batch</c>.</summary>
internal sealed class AppendEndpoints(
    AppendQueue queue, ByteBudget budget, ReceiptBuilder receipts, EdgeLimits limits)
{
    private const string KeyHeader = "Idempotency-Key";
    private const string ReplayedHeader = "Idempotent-Replayed";

    /// <summary>Appends one entry.</summary>
    public async Task AppendOneAsync(HttpContext context)
    {
        Problem? problem = TryReadHeaders(
            context.Request, out ReceiptWish wish, out ExpectedVersion expected);
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        using ByteReservation room = budget.Open();
        (EntryDraft entry, problem) = await ReadEntryAsync(context.Request, room);
        PayloadItem item = default;
        if (problem is null)
        {
            entry.Expected = expected;
            entry.IdempotencyKey = context.Request.Headers[KeyHeader];
            entry.IdempotencyField = KeyHeader;
            problem = entry.TryEncode(out item);
        }
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        AppendResult result = await queue.AppendAsync(new Submission([item], isAtomic: true), room);
        await AnswerOneAsync(context, entry, item, result, wish);
    }

    /// <summary>Appends many.</summary>
    public async Task AppendBatchAsync(HttpContext context)
    {
        using ByteReservation room = budget.Open();
        (List<EntryDraft> entries, Problem? problem) = await ReadBatchAsync(context.Request, room);
        bool isAtomic = false;
        problem ??= TryReadParameters(context.Request, isAllowed: false);
        problem ??= Query.RefuseUnknown(context.Request, "atomic");
        problem ??= TryReadAtomic(context.Request, out isAtomic);
        problem ??= TryGiveKeys(context.Request, entries, isAtomic);
        var items = new PayloadItem[entries.Count];
        for (int i = 0; i < items.Length && problem is null; i++)
        {
            problem = entries[i].TryEncode(out items[i]);
            if (problem is not null) problem = problem with { Index = i };
        }
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        AppendResult result = await queue.AppendAsync(new Submission(items, isAtomic), room);
        await AnswerBatchAsync(context, entries, result, isAtomic);
    }

    private static Problem? TryReadHeaders(
        HttpRequest request, out ReceiptWish wish, out ExpectedVersion expected)
    {
        expected = ExpectedVersion.Any;
        wish = ReceiptWish.Full;
        if (Query.RefuseUnknown(request, "receipt", "stream", "type") is { } unknown)
        {
            return unknown;
        }
        if (!AppendAnswer.TryReadWish(request, out wish))
        {
            return Problem.Invalid("receipt", "full, ref or none.");
        }
        foreach (string header in (string[])[KeyHeader, HeaderNames.ContentType])
        {
            if (request.Headers[header].Count > 1) return Problem.Invalid(header, "At most one.");
        }
        return ExpectedVersion.TryRead(request.Headers, out expected, out Problem? problem) ? null : problem;
    }

    private async Task<(EntryDraft Entry, Problem? Problem)> ReadEntryAsync(
        HttpRequest request, ByteReservation room)
    {
        bool isJson = IsMediaType(request, JsonBody.MediaType);
        if (TryReadParameters(request, isAllowed: !isJson) is { } refused)
        {
            return (new EntryDraft(), refused);
        }
        int limit = isJson ? limits.JsonMaxBytes : limits.EntryMaxBytes;
        (byte[] body, Problem? problem) = await RequestBody.ReadAsync(request, limit, room);
        EntryDraft entry;
        if (problem is not null) return (new EntryDraft(), problem);
        if (isJson)
        {
            problem = EntryJson.TryRead(body, isBatch: false, out entry);
        }
        else
        {
            entry = new EntryDraft
            {
                Payload = body,
                ContentType = request.ContentType ?? "",
                Type = request.Query["type"].ToString(),
                Stream = request.Query.ContainsKey("stream") ? request.Query["stream"].ToString() : null,
            };
        }
        if (problem is null && entry.Payload.Length > limits.EntryMaxBytes)
        {
            problem = Problem.TooLarge(limits.EntryMaxBytes);
        }
        return (entry, problem);
    }

    // Where the body says these, a parameter that says them too would be passed over in silence.
    private static Problem? TryReadParameters(HttpRequest request, bool isAllowed)
    {
        foreach (string name in (string[])["stream", "type"])
        {
            int count = request.Query[name].Count;
            if (count > 0 && !isAllowed) return Problem.Invalid(name, "Only with a raw body.");
            if (count > 1) return Problem.Invalid(name, "At most one.");
        }
        return null;
    }

    private async Task<(List<EntryDraft> Entries, Problem? Problem)> ReadBatchAsync(
        HttpRequest request, ByteReservation room)
    {
        bool isLines = IsMediaType(request, BatchBody.LinesMediaType);
        if (!isLines && !IsMediaType(request, BatchBody.FramesMediaType))
        {
            return ([], new Problem(
                ProblemKind.UnsupportedMediaType,
                $"{BatchBody.LinesMediaType} or {BatchBody.FramesMediaType}."));
        }
        (byte[] body, Problem? problem) =
            await RequestBody.ReadAsync(request, limits.BatchMaxBytes, room);
        List<EntryDraft> entries = [];
        problem ??= isLines
            ? BatchBody.TryReadLines(body, limits.EntryMaxBytes, out entries)
            : BatchBody.TryReadFrames(body, limits.EntryMaxBytes, out entries);
        return (entries, problem);
    }

    private static Problem? TryReadAtomic(HttpRequest request, out bool isAtomic)
    {
        string? text = request.Query["atomic"];
        isAtomic = text == "true";
        if (Query.RefuseUnknown(request, "atomic") is { } unknown) return unknown;
        if (text is not (null or "true" or "false"))
        {
            return Problem.Invalid("atomic", "true or false.");
        }
        foreach (string header in (string[])[HeaderNames.IfMatch, HeaderNames.IfNoneMatch])
        {
            if (request.Headers.ContainsKey(header))
            {
                return Problem.Invalid(header, "A batch has expected_version in its lines.");
            }
        }
        return null;
    }

    // One key for the whole request is a key of its own for each entry, told apart by the place.
    private static Problem? TryGiveKeys(
        HttpRequest request, List<EntryDraft> entries, bool isAtomic)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        bool hasHeader = request.Headers.TryGetValue(KeyHeader, out var header);
        if (header.Count > 1) return Problem.Invalid(KeyHeader, "At most one.");
        for (int i = 0; i < entries.Count; i++)
        {
            EntryDraft entry = entries[i];
            if (hasHeader && entry.IdempotencyKey is not null)
            {
                return Problem.Invalid("idempotency_key", $"There is an {KeyHeader} header too.") with
                {
                    Index = i,
                };
            }
            if (isAtomic && entry.IdempotencyKey is not null && !keys.Add(entry.IdempotencyKey))
            {
                return Problem.Invalid("idempotency_key", "An atomic batch has this key twice.") with
                {
                    Index = i,
                };
            }
            if (!hasHeader) continue;
            entry.IdempotencyKey = header.ToString();
            entry.IdempotencyField = KeyHeader;
            entry.IdempotencyIndex = (uint)i;
        }
        return null;
    }

    private Task AnswerOneAsync(
        HttpContext context, EntryDraft entry, PayloadItem item, AppendResult result, ReceiptWish wish)
    {
        if (result.Failure != AppendFailure.None)
        {
            return Problem.Of(result.Failure).SendAsync(context);
        }
        SequencedEntry sequenced = result.Entries[0];
        LogView view = result.View!;
        ReadOnlyMemory<byte> bytes = sequenced.Record;
        switch (sequenced.Outcome.Status)
        {
            case OutcomeStatus.Refused:
                return Problem.Of(sequenced.Outcome, entry, index: null).SendAsync(context);
            case OutcomeStatus.Replayed:
                // The same request digest, so request and metadata are those of the original.
                bytes = view.ReadRecord(sequenced.Outcome.Number);
                context.Response.Headers[ReplayedHeader] = "true";
                break;
        }
        if (!EntryRecord.TryParse(bytes.Span, out EntryRecord record))
        {
            throw new StoreDamagedException("log", "a record of an entry that is none.");
        }
        Receipt? receipt = wish == ReceiptWish.Full ? receipts.Build(view, bytes, item) : null;
        context.Response.Headers.Location = $"/v1/entries/{record.Header.Number}";
        if (entry.Stream is not null)
        {
            context.Response.Headers.ETag = $"\"{AppendAnswer.VersionOf(record)}\"";
        }
        return JsonBody.SendAsync(context, StatusCodes.Status201Created, json =>
        {
            _ = EntryRecord.TryParse(bytes.Span, out EntryRecord parsed);
            AppendAnswer.Write(json, parsed, entry.Stream, wish, receipt);
        }, AppendAnswer.LengthHint(receipt));
    }

    private static Task AnswerBatchAsync(
        HttpContext context, List<EntryDraft> entries, AppendResult result, bool isAtomic)
    {
        if (result.Failure != AppendFailure.None)
        {
            return Problem.Of(result.Failure).SendAsync(context);
        }
        if (isAtomic && TryFindFault(result, out int fault))
        {
            return Problem.Of(result.Entries[fault].Outcome, entries[fault], fault).SendAsync(
                context);
        }
        if (result.Entries.All(e => e.Outcome.Status == OutcomeStatus.Replayed))
        {
            context.Response.Headers[ReplayedHeader] = "true";
        }
        return JsonBody.SendAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("entries");
            for (int i = 0; i < entries.Count; i++)
            {
                WriteOutcome(json, result.Entries[i].Outcome, entries[i], i);
            }
            json.WriteEndArray();
            json.WriteNumber("size", result.View!.Size);
            json.WriteString("checkpoint", result.View.Checkpoint.Span);
            json.WriteEndObject();
        });
    }

    private static bool TryFindFault(AppendResult result, out int index)
    {
        for (index = 0; index < result.Entries.Count; index++)
        {
            Outcome outcome = result.Entries[index].Outcome;
            if (outcome.Status == OutcomeStatus.Refused && outcome.Reason != RefusalReason.GroupRefused)
            {
                return true;
            }
        }
        return false;
    }

    private static void WriteOutcome(
        Utf8JsonWriter json, Outcome outcome, EntryDraft entry, int index)
    {
        json.WriteStartObject();
        json.WriteString("status", outcome.Status switch
        {
            OutcomeStatus.Appended => "appended",
            OutcomeStatus.Replayed => "replayed",
            _ => "refused",
        });
        if (outcome.Status == OutcomeStatus.Refused)
        {
            json.WritePropertyName("problem");
            Problem.Of(outcome, entry, index).WriteTo(json);
        }
        else
        {
            json.WriteNumber("number", outcome.Number);
        }
        json.WriteEndObject();
    }

    private static bool IsMediaType(HttpRequest request, string mediaType) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? parsed)
        && parsed.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase);
}
