using System.Buffers;
using System.Text.Json;
using Sequencer.Attestation;
using Sequencer.Gateway.Live;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>A range of a view upwards, as one answer.</summary>
/// <param name="view">The log.</param>
/// <param name="from">The first number; may be beyond the view.</param>
/// <param name="limit">Most records.</param>
/// <param name="form">How each is written.</param>
/// <param name="reader">The tenant who asks.</param>
internal sealed class EntryRange(
    LogView view, ulong from, ulong limit, EntryForm form, Digest reader)
{
    // A page is made as a whole before it is sent: payloads may end it early.
    private const int PageMaxBytes = 4 * 1024 * 1024;

    private readonly ulong _first = Math.Min(from, view.Size);
    private ulong _end = Math.Min(view.Size, Math.Min(from, view.Size) + limit);

    /// <summary>Sends it.</summary>
    public Task SendAsync(HttpContext context, Representation representation)
    {
        context.Response.Headers.Append("Vary", "Accept");
        if (representation == Representation.Lines) return SendLinesAsync(context);
        var body = new ArrayBufferWriter<byte>(1024);
        bool isArray = representation == Representation.CloudEvents;
        using (var json = new Utf8JsonWriter(body, JsonBody.WriterOptions))
        {
            if (isArray) WriteArray(json);
            else WritePage(json);
        }
        body.Write("\n"u8);
        SetLink(context);
        return JsonBody.SendAsync(
            context,
            isArray ? CloudEventJson.BatchMediaType : JsonBody.MediaType,
            body.WrittenMemory);
    }

    private void SetLink(HttpContext context)
    {
        if (_end >= view.Size) return;
        string payload = context.Request.Query.TryGetValue("payload", out var given)
            ? $"&payload={given}"
            : "";
        context.Response.Headers.Link =
            $"</v1/entries?from={_end}&limit={limit}{payload}>; rel=\"next\"";
    }

    private void WritePage(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WritePropertyName("entries");
        WriteArray(json);
        if (_end < view.Size) json.WriteNumber("next", _end);
        json.WriteEndObject();
    }

    private void WriteArray(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        for (ulong number = _first; number < _end; number++)
        {
            if (json.BytesCommitted + json.BytesPending > PageMaxBytes)
            {
                _end = number;
                break;
            }
            EntryText.Write(json, view, number, form, reader);
        }
        json.WriteEndArray();
    }

    // A line at a time, so that a long range takes the memory of one entry.
    private async Task SendLinesAsync(HttpContext context)
    {
        SetLink(context);
        context.Response.ContentType = BatchBody.LinesMediaType;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        var line = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(line, JsonBody.WriterOptions);
        for (ulong number = _first; number < _end; number++)
        {
            line.ResetWrittenCount();
            json.Reset();
            EntryText.Write(json, view, number, form, reader);
            json.Flush();
            line.Write("\n"u8);
            await context.Response.Body.WriteAsync(line.WrittenMemory, context.RequestAborted);
        }
    }
}
