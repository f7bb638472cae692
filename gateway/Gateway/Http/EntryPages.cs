using System.Buffers;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Live;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>A part of a sequence of entries as an answer: a JSON page, a line each, or a batch
/// of CloudEvents.</summary>
internal static class EntryPages
{
    // A page that is full of large payloads ends sooner; one entry it always has.
    private const int PageBytes = 8 * 1024 * 1024;

    /// <summary>Sends the part that is asked for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="view">The log.</param>
    /// <param name="selection">Which entries.</param>
    /// <param name="range">Which part.</param>
    /// <param name="path">Where it is, for the link to the next one.</param>
    public static Task SendAsync(
        HttpContext context, LogView view, EntrySelection selection, EntryRange range, string path)
    {
        var sequence = new EntrySequence(selection, range.Direction);
        EntryPage page = sequence.Read(view, range.From ?? sequence.StartOf(view), range.Limit);
        context.Response.Headers.Append("Vary", "Accept");
        context.Response.Headers.CacheControl =
            range.HasPayloads ? "no-store" : "private, no-cache";
        Representation representation = Representations.Of(context.Request);
        if (representation == Representation.Lines)
        {
            if (page.HasMore) LinkTo(context, path, range, page.Next);
            return SendLinesAsync(context, view, page, range.Form(isCloudEvent: false));
        }
        bool isCloudEvent = representation == Representation.CloudEvents;
        return SendPageAsync(context, view, page, range, path, isCloudEvent);
    }

    private static Task SendPageAsync(
        HttpContext context,
        LogView view,
        EntryPage page,
        EntryRange range,
        string path,
        bool isCloudEvent)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(body, JsonBody.WriterOptions);
        Digest tenant = Caller.Of(context).Tenant;
        EntryForm form = range.Form(isCloudEvent);
        ulong? next = page.HasMore ? page.Next : null;
        if (!isCloudEvent)
        {
            json.WriteStartObject();
            json.WritePropertyName("entries");
        }
        json.WriteStartArray();
        for (int i = 0; i < page.Entries.Count; i++)
        {
            if (i > 0 && json.BytesCommitted + json.BytesPending >= PageBytes)
            {
                next = page.Entries[i].Position;
                break;
            }
            EntryText.Write(json, view, page.Entries[i].Number, form, tenant);
        }
        json.WriteEndArray();
        if (next is { } position)
        {
            LinkTo(context, path, range, position);
            if (!isCloudEvent) json.WriteNumber("next", position);
        }
        if (!isCloudEvent) json.WriteEndObject();
        json.Flush();
        body.Write("\n"u8);
        return JsonBody.SendAsync(
            context,
            isCloudEvent ? CloudEventJson.BatchMediaType : JsonBody.MediaType,
            body.WrittenMemory);
    }

    // A line at a time, so that a long range takes the memory of one entry.
    private static async Task SendLinesAsync(
        HttpContext context, LogView view, EntryPage page, EntryForm form)
    {
        context.Response.ContentType = BatchBody.LinesMediaType;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        Digest tenant = Caller.Of(context).Tenant;
        var line = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(line, JsonBody.WriterOptions);
        foreach (EntryPlace place in page.Entries)
        {
            line.ResetWrittenCount();
            json.Reset();
            EntryText.Write(json, view, place.Number, form, tenant);
            json.Flush();
            line.Write("\n"u8);
            await context.Response.Body.WriteAsync(line.WrittenMemory, context.RequestAborted);
        }
    }

    private static void LinkTo(
        HttpContext context, string path, EntryRange range, ulong position) =>
        context.Response.Headers.Link = $"<{path}{range.QueryAt(position)}>; rel=\"next\"";
}
