using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Receipts;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Live;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>Entries as they are read: one, a range, by payload; payload and receipt of one.
/// </summary>
internal sealed class EntryEndpoints(
    PipelineState state, ReceiptBuilder receipts, SubscribeEndpoint subscribing)
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
        Digest reader = Caller.Of(context).Tenant;
        context.Response.Headers.CacheControl = Immutable;
        context.Response.Headers.Vary = "Accept";
        bool isCloudEvent = Representations.Of(context.Request) == Representation.CloudEvents;
        EntryForm form = isCloudEvent ? EntryForm.CloudEvent : EntryForm.Plain;
        return JsonBody.SendAsync(
            context,
            StatusCodes.Status200OK,
            json => EntryText.Write(json, view!, number, form, reader),
            mediaType: isCloudEvent ? CloudEventJson.MediaType : JsonBody.MediaType);
    }

    /// <summary>A payload, in a way that no browser runs.</summary>
    public Task PayloadAsync(HttpContext context)
    {
        Problem? problem = TryFind(context, out LogView? view, out ulong number);
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
    public async Task ManyAsync(HttpContext context)
    {
        Representation representation = Representations.Of(context.Request);
        if (representation == Representation.Events)
        {
            await subscribing.SubscribeAsync(context, LiveSelection.All);
            return;
        }
        bool isCloudEvent = representation == Representation.CloudEvents;
        Problem? problem = state.View is null ? Unavailable(state) : null;
        ulong limit = 0, from = 0;
        EntryForm form = EntryForm.Plain;
        problem ??= Query.TryRead(context.Request, "limit", LimitDefault, 1, LimitMax, out limit);
        problem ??= EntryFormQuery.TryRead(context.Request, isCloudEvent, isCloudEvent, out form);
        if (problem is null && context.Request.Query.ContainsKey("payload_digest"))
        {
            problem = await TrySendFoundAsync(context, (int)limit);
            if (problem is null) return;
        }
        problem ??= Query.TryRead(context.Request, "from", 0, 0, ulong.MaxValue, out from);
        problem ??= await subscribing.WaitAsync(context, LiveSelection.All, from);
        // The wait may have seen the store close.
        if (problem is null && state.View is null) problem = Unavailable(state);
        if (problem is not null)
        {
            await problem.SendAsync(context);
            return;
        }
        var range = new EntryRange(
            state.View!, from, limit, form, Caller.Of(context).Tenant);
        await range.SendAsync(context, representation);
    }

    private async Task<Problem?> TrySendFoundAsync(HttpContext context, int limit)
    {
        if (!Digest.TryParseHex(context.Request.Query["payload_digest"], out Digest digest))
        {
            return Problem.Invalid("payload_digest", "64 lower-case hexadecimal digits.");
        }
        LogView view = state.View!;
        Digest reader = Caller.Of(context).Tenant;
        await JsonBody.SendAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("entries");
            foreach (ulong number in view.FindPayload(digest, limit))
            {
                EntryText.Write(json, view, number, EntryForm.Plain, reader);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        });
        return null;
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
