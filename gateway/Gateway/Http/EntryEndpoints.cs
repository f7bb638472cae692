using System.Buffers;
using System.Text;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Receipts;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>Entries as they are read: one, a range, by payload; payload and receipt of one.
/// </summary>
internal sealed class EntryEndpoints(PipelineState state, ReceiptBuilder receipts)
{
    private const ulong LimitDefault = 100;
    private const ulong LimitMax = 1000;

    /// <summary>What never changes may be kept for ever.</summary>
    public const string Immutable = "public, max-age=31536000, immutable";

    /// <summary>A record, taken apart.</summary>
    public Task OneAsync(HttpContext context)
    {
        Problem? problem = TryFind(context, out LogView? view, out ulong number);
        if (problem is not null) return problem.SendAsync(context);
        StoredHead entry = view!.ReadHead(number);
        context.Response.Headers.CacheControl = Immutable;
        Digest reader = Caller.Of(context).Tenant;
        return JsonBody.SendAsync(
            context, StatusCodes.Status200OK, json => EntryJsonView.Write(json, entry, reader));
    }

    /// <summary>A payload, in a way that no browser runs.</summary>
    public Task PayloadAsync(HttpContext context)
    {
        Problem? problem = TryFind(context, out LogView? view, out ulong number);
        problem ??= NeedOwn(context, view!, number);
        if (problem is not null) return problem.SendAsync(context);
        StoredEntry entry = view!.ReadEntry(number);
        problem = NeedParts(entry.Status);
        if (entry.Status == PayloadStatus.None)
        {
            problem = new Problem(ProblemKind.NotFound, "Only entries have a payload.");
        }
        if (problem is not null) return problem.SendAsync(context);
        _ = EntryMetadata.TryParse(entry.Head.Metadata.Span, out EntryMetadata? metadata);
        string? contentType = metadata?.ContentType;
        context.Response.Headers.CacheControl = Immutable;
        context.Response.Headers.ContentDisposition = "attachment";
        return JsonBody.SendAsync(
            context, IsHeaderText(contentType) ? contentType! : "application/octet-stream", entry.Payload);
    }

    /// <summary>A receipt under the newest head, or under the newest that witnesses cosigned if that
    /// covers the entry.</summary>
    public Task ReceiptAsync(HttpContext context)
    {
        string? format = context.Request.Query["format"];
        if (format is not (null or "json" or "tlog-proof"))
        {
            return Problem.Invalid("format", "json or tlog-proof.").SendAsync(context);
        }
        Problem? problem = TryFind(context, out LogView? view, out ulong number);
        problem ??= NeedOwn(context, view!, number);
        if (problem is not null) return problem.SendAsync(context);
        StoredHead entry = view!.ReadHead(number);
        problem = NeedParts(entry.Status);
        if (problem is not null) return problem.SendAsync(context);
        if (state.Cosigned is { } cosigned && number < cosigned.Size) view = cosigned;
        Receipt receipt = receipts.Build(view, entry);
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.Vary = "Accept";
        bool isProof = format == "tlog-proof"
            || (format is null && context.Request.Headers.Accept.ToString().StartsWith(
                "text/plain", StringComparison.OrdinalIgnoreCase));
        if (!isProof) return JsonBody.SendAsync(context, Receipt.MediaType, receipt.Encode());
        return ReceiptTlogProof.TryEncode(receipt, out byte[]? proof)
            ? JsonBody.SendAsync(context, LogEndpoints.TextMediaType, proof)
            : throw new StoreDamagedException("log", "a receipt that makes no proof.");
    }

    /// <summary>A range upwards, or the entries with a payload.</summary>
    public Task ManyAsync(HttpContext context)
    {
        if (state.View is not { } view) return Unavailable(state).SendAsync(context);
        Problem? problem = Query.TryRead(
            context.Request, "limit", LimitDefault, 1, LimitMax, out ulong limit);
        if (problem is not null) return problem.SendAsync(context);
        if (context.Request.Query.TryGetValue("payload_digest", out var hex))
        {
            return Digest.TryParseHex(hex, out Digest digest)
                ? SendFoundAsync(context, view, digest, (int)limit)
                : Problem.Invalid("payload_digest", "64 lower-case hexadecimal digits.").SendAsync(context);
        }
        problem = Query.TryRead(context.Request, "from", 0, 0, ulong.MaxValue, out ulong from);
        return problem is null
            ? SendRangeAsync(context, view, from, limit)
            : problem.SendAsync(context);
    }

    private static Task SendFoundAsync(
        HttpContext context, LogView view, Digest digest, int limit) =>
        JsonBody.SendAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("entries");
            Digest reader = Caller.Of(context).Tenant;
            foreach (ulong number in view.FindPayload(digest, reader, limit))
            {
                EntryJsonView.Write(json, view.ReadHead(number), reader);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        });

    private static Task SendRangeAsync(HttpContext context, LogView view, ulong from, ulong limit)
    {
        ulong first = Math.Min(from, view.Size);
        ulong end = Math.Min(view.Size, first + limit);
        bool hasNext = end < view.Size;
        if (hasNext)
        {
            context.Response.Headers.Link = $"</v1/entries?from={end}&limit={limit}>; rel=\"next\"";
        }
        context.Response.Headers.Vary = "Accept";
        if (context.Request.Headers.Accept.ToString().StartsWith(
            BatchBody.LinesMediaType, StringComparison.OrdinalIgnoreCase))
        {
            return SendLinesAsync(context, view, first, end);
        }
        return JsonBody.SendAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("entries");
            Digest reader = Caller.Of(context).Tenant;
            for (ulong number = first; number < end; number++)
            {
                EntryJsonView.Write(json, view.ReadHead(number), reader);
            }
            json.WriteEndArray();
            if (hasNext) json.WriteNumber("next", end);
            json.WriteEndObject();
        });
    }

    // A line at a time, so that a long range takes the memory of one entry.
    private static async Task SendLinesAsync(
        HttpContext context, LogView view, ulong first, ulong end)
    {
        context.Response.ContentType = BatchBody.LinesMediaType;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        var line = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(line, JsonBody.WriterOptions);
        Digest reader = Caller.Of(context).Tenant;
        for (ulong number = first; number < end; number++)
        {
            line.ResetWrittenCount();
            json.Reset();
            EntryJsonView.Write(json, view.ReadHead(number), reader);
            json.Flush();
            line.Write("\n"u8);
            await context.Response.Body.WriteAsync(line.WrittenMemory, context.RequestAborted);
        }
    }

    /// <summary>The problem of reading while the store is not open.</summary>
    public static Problem Unavailable(PipelineState state) =>
        new(ProblemKind.StoreFailed, state.NotReady?.Reason ?? "The store is not open.");

    private Problem? TryFind(HttpContext context, out LogView? view, out ulong number)
    {
        number = 0;
        view = state.View;
        if (view is null) return Unavailable(state);
        return Query.TryParse((string?)context.Request.RouteValues["number"], out number)
            && number < view.Size
                ? null
                : new Problem(ProblemKind.NotFound, $"The log has {view.Size} records.");
    }

    // What travels beside a record is its tenant's; a statement's has nothing of anybody's.
    private static Problem? NeedOwn(HttpContext context, LogView view, ulong number) =>
        EntryRecord.TryParse(view.ReadRecord(number), out EntryRecord entry)
        && entry.Tenant != Caller.Of(context).Tenant
            ? new Problem(ProblemKind.Forbidden, "The entry is another tenant's.")
            : null;

    private static Problem? NeedParts(PayloadStatus status) => status switch
    {
        PayloadStatus.Missing => new Problem(ProblemKind.NotFound, "The payload is no longer here."),
        PayloadStatus.Damaged => new Problem(
            ProblemKind.StoreFailed, "What is on disk is not the payload of this record."),
        _ => null,
    };

    private static bool IsHeaderText(string? text) =>
        text is { Length: > 0 } && Ascii.IsValid(text) && !text.Any(char.IsControl);
}
