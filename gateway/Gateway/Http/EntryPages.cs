using System.Buffers;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>A part of a sequence of entries as an answer: a JSON page, or a line each.</summary>
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
        context.Response.Headers.Vary = "Accept";
        if (context.Request.Headers.Accept.ToString().StartsWith(
            BatchBody.LinesMediaType, StringComparison.OrdinalIgnoreCase))
        {
            if (page.HasMore) LinkTo(context, path, range, page.Next);
            return SendLinesAsync(context, view, page, range.HasPayloads);
        }
        return SendPageAsync(context, view, page, range, path);
    }

    private static Task SendPageAsync(
        HttpContext context, LogView view, EntryPage page, EntryRange range, string path)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(body, JsonBody.WriterOptions);
        Digest tenant = Caller.Of(context).Tenant;
        ulong? next = page.HasMore ? page.Next : null;
        json.WriteStartObject();
        json.WriteStartArray("entries");
        for (int i = 0; i < page.Entries.Count; i++)
        {
            if (i > 0 && json.BytesCommitted + json.BytesPending >= PageBytes)
            {
                next = page.Entries[i].Position;
                break;
            }
            WriteEntry(json, view, page.Entries[i].Number, tenant, range.HasPayloads);
        }
        json.WriteEndArray();
        if (next is { } position)
        {
            LinkTo(context, path, range, position);
            json.WriteNumber("next", position);
        }
        json.WriteEndObject();
        json.Flush();
        body.Write("\n"u8);
        return JsonBody.SendAsync(context, JsonBody.MediaType, body.WrittenMemory);
    }

    // A line at a time, so that a long range takes the memory of one entry.
    private static async Task SendLinesAsync(
        HttpContext context, LogView view, EntryPage page, bool hasPayloads)
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
            WriteEntry(json, view, place.Number, tenant, hasPayloads);
            json.Flush();
            line.Write("\n"u8);
            await context.Response.Body.WriteAsync(line.WrittenMemory, context.RequestAborted);
        }
    }

    /// <summary>Writes an entry, with its payload if that is wanted and there.</summary>
    public static void WriteEntry(
        Utf8JsonWriter json, LogView view, ulong number, in Digest tenant, bool hasPayload)
    {
        if (!hasPayload)
        {
            EntryJsonView.Write(json, view.ReadHead(number), tenant);
            return;
        }
        StoredEntry entry = view.ReadEntry(number);
        ReadOnlyMemory<byte>? payload =
            entry.Status == PayloadStatus.Whole ? entry.Payload : null;
        EntryJsonView.Write(json, entry.Head, tenant, payload);
    }

    private static void LinkTo(
        HttpContext context, string path, EntryRange range, ulong position) =>
        context.Response.Headers.Link = $"<{path}{range.QueryAt(position)}>; rel=\"next\"";
}
