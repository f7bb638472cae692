using Microsoft.Net.Http.Headers;
using Sequencer.Attestation;
using Sequencer.Gateway.Access;
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

/// <summary><c>POST /v1/entries</c>, <c>POST /v1/entries:batch</c> and
/// <c>POST /v1/streams/{name}/entries</c>.</summary>
internal sealed partial class AppendEndpoints(
    AppendQueue queue,
    ByteBudget budget,
    AppendAnswers answers,
    WitnessWait witnesses,
    EdgeLimits limits)
{
    private const string KeyHeader = "Idempotency-Key";

    /// <summary>Appends one entry.</summary>
    public Task AppendOneAsync(HttpContext context) => AppendOneAsync(context, stream: null);

    // The stream is that of the path, if the path has one.
    private async Task AppendOneAsync(HttpContext context, string? stream)
    {
        Problem? problem = TryReadHeaders(
            context.Request,
            stream,
            out ReceiptWish wish,
            out Acknowledgement level,
            out ExpectedVersion expected);
        problem ??= witnesses.Judge(level);
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        using ByteReservation room = budget.Open();
        (EntryDraft entry, problem) = await ReadEntryAsync(context.Request, room);
        problem ??= TryPutInto(stream, entry);
        PayloadItem item = default;
        if (problem is null)
        {
            entry.Expected = expected;
            entry.IdempotencyKey = context.Request.Headers[KeyHeader];
            entry.IdempotencyField = KeyHeader;
            problem = entry.TryEncode(Caller.Of(context).Tenant, out item);
        }
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        AppendResult result = await queue.AppendAsync(
            new Submission([item], isAtomic: true, level), room);
        (result, problem) = await witnesses.CoverAsync(level, result, context.RequestAborted);
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        await answers.SendOneAsync(context, entry, item, result, wish);
    }

    /// <summary>Appends many.</summary>
    public async Task AppendBatchAsync(HttpContext context)
    {
        using ByteReservation room = budget.Open();
        (List<EntryDraft> entries, Problem? problem) = await ReadBatchAsync(context.Request, room);
        bool isAtomic = false;
        problem ??= TryReadParameters(context.Request, isAllowed: false);
        problem ??= Query.RefuseUnknown(context.Request, "atomic", "ack");
        var level = Acknowledgement.Durable;
        problem ??= AppendAnswer.TryReadLevel(context.Request, out level);
        problem ??= witnesses.Judge(level);
        problem ??= TryReadAtomic(context.Request, out isAtomic);
        problem ??= TryGiveKeys(context.Request, entries, isAtomic);
        PayloadItem[] items = [];
        problem ??= TryEncode(Caller.Of(context).Tenant, entries, out items);
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        (AppendResult result, problem) = await AppendManyAsync(context, items, isAtomic, level, room);
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        await AppendAnswers.SendBatchAsync(context, entries, result, isAtomic);
    }

    private static Problem? TryEncode(
        in Digest tenant, List<EntryDraft> entries, out PayloadItem[] items)
    {
        items = new PayloadItem[entries.Count];
        long requestBytes = 0;
        for (int i = 0; i < items.Length; i++)
        {
            if (entries[i].TryEncode(tenant, out items[i]) is { } problem)
            {
                return problem with { Index = i };
            }
            requestBytes += items[i].Request.Length;
        }
        // They go to the enclave in one message, which many guards of long names could exceed.
        return requestBytes <= Batch.RequestBytesMax
            ? null
            : Problem.TooLarge(Batch.RequestBytesMax) with { Field = "guards" };
    }

    private async Task<(AppendResult Result, Problem? Problem)> AppendManyAsync(
        HttpContext context,
        PayloadItem[] items,
        bool isAtomic,
        Acknowledgement level,
        ByteReservation room)
    {
        AppendResult result = await queue.AppendAsync(
            new Submission(items, isAtomic, level), room);
        return await witnesses.CoverAsync(level, result, context.RequestAborted);
    }

    private static Problem? TryReadHeaders(
        HttpRequest request,
        string? stream,
        out ReceiptWish wish,
        out Acknowledgement level,
        out ExpectedVersion expected)
    {
        expected = ExpectedVersion.Any;
        wish = ReceiptWish.Full;
        level = Acknowledgement.Durable;
        Problem? unknown = stream is null
            ? Query.RefuseUnknown(request, "ack", "receipt", "stream", "type")
            : Query.RefuseUnknown(request, "ack", "receipt", "type");
        if (unknown is not null) return unknown;
        if (!AppendAnswer.TryReadWish(request, out wish))
        {
            return Problem.Invalid("receipt", "full, ref or none.");
        }
        if (AppendAnswer.TryReadLevel(request, out level) is { } refused) return refused;
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
        if (text is not (null or "true" or "false"))
        {
            return Problem.Invalid("atomic", "true or false.");
        }
        foreach (string header in ExpectedVersion.Headers)
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

    private static bool IsMediaType(HttpRequest request, string mediaType) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? parsed)
        && parsed.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase);
}
