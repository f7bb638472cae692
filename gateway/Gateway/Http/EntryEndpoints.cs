using System.Text;
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
    /// <summary>What never changes may be kept for ever.</summary>
    public const string Immutable = "public, max-age=31536000, immutable";

    // What depends on the caller's tenant is kept by the caller alone.
    private const string ImmutableForCaller = "private, max-age=31536000, immutable";

    private static readonly string[] Selectors = ["payload_digest", "type", "category"];

    /// <summary>A record, taken apart.</summary>
    public Task OneAsync(HttpContext context)
    {
        Problem? problem = TryFind(context, out LogView? view, out ulong number);
        if (problem is not null) return problem.SendAsync(context);
        StoredHead entry = view!.ReadHead(number);
        context.Response.Headers.CacheControl = ImmutableForCaller;
        Digest tenant = Caller.Of(context).Tenant;
        return JsonBody.SendAsync(
            context, StatusCodes.Status200OK, json => EntryJsonView.Write(json, entry, tenant));
    }

    /// <summary>A payload, in a way that no browser runs.</summary>
    public Task PayloadAsync(HttpContext context)
    {
        Problem? problem = TryFind(context, out LogView? view, out ulong number);
        if (problem is not null) return problem.SendAsync(context);
        StoredEntry entry = view!.ReadEntry(number);
        problem = NeedOwn(context, entry.Head) ?? NeedParts(entry.Status);
        if (entry.Status == PayloadStatus.None)
        {
            problem = new Problem(ProblemKind.NotFound, "Only entries have a payload.");
        }
        if (problem is not null) return problem.SendAsync(context);
        _ = EntryMetadata.TryParse(entry.Head.Metadata.Span, out EntryMetadata? metadata);
        string? contentType = metadata?.ContentType;
        context.Response.Headers.CacheControl = ImmutableForCaller;
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
        if (problem is not null) return problem.SendAsync(context);
        StoredHead entry = view!.ReadHead(number);
        problem = NeedOwn(context, entry) ?? NeedParts(entry.Status);
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

    /// <summary>All records, those of a category or an event type, or the entries with a payload.
    /// </summary>
    public Task ManyAsync(HttpContext context)
    {
        if (state.View is not { } view) return Unavailable(state).SendAsync(context);
        Problem? problem = Query.RefuseUnknown(
            context.Request,
            "payload_digest", "type", "category", "from", "limit", "direction", "payload");
        EntrySelection selection = EntrySelection.All;
        problem ??= TrySelect(context, out selection);
        var range = default(EntryRange);
        problem ??= EntryRange.TryRead(
            context.Request, "from", isPayloadIncluded: false, out range);
        if (problem is not null) return problem.SendAsync(context);
        if (!context.Request.Query.TryGetValue("payload_digest", out var hex))
        {
            return EntryPages.SendAsync(context, view, selection, range, "/v1/entries");
        }
        return Digest.TryParseHex(hex, out Digest digest)
            ? SendFoundAsync(context, view, digest, range.Limit)
            : Problem.Invalid("payload_digest", "64 lower-case hexadecimal digits.").SendAsync(context);
    }

    private static Problem? TrySelect(HttpContext context, out EntrySelection selection)
    {
        selection = EntrySelection.All;
        IQueryCollection query = context.Request.Query;
        string[] said = [.. Selectors.Where(query.ContainsKey)];
        if (said.Length > 1) return Problem.Invalid(said[1], $"Not with {said[0]}.");
        if (said.Length == 0 || said[0] == "payload_digest") return null;
        bool isType = said[0] == "type";
        Problem? problem = isType
            ? Query.TryReadName(context.Request, "type", out string? name)
            : Query.TryReadCategory(context.Request, out name);
        if (problem is not null) return problem;
        Digest tenant = Caller.Of(context).Tenant;
        selection = isType
            ? EntrySelection.Type(tenant, name!)
            : EntrySelection.Category(tenant, name!);
        return null;
    }

    private static Task SendFoundAsync(
        HttpContext context, LogView view, Digest digest, int limit) =>
        JsonBody.SendAsync(context, StatusCodes.Status200OK, json =>
        {
            Digest tenant = Caller.Of(context).Tenant;
            json.WriteStartObject();
            json.WriteStartArray("entries");
            foreach (ulong number in view.FindPayload(digest, limit))
            {
                EntryJsonView.Write(json, view.ReadHead(number), tenant);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        });

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

    private static Problem? NeedOwn(HttpContext context, StoredHead entry) =>
        EntryRecord.TryParse(entry.Record.Span, out EntryRecord record)
            && record.Tenant != Caller.Of(context).Tenant
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
