using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Http;

/// <summary>Writes answers as JSON, without reflection.</summary>
internal static class JsonBody
{
    /// <summary>Media type of an answer.</summary>
    public const string MediaType = "application/json";

    /// <summary>As the receipt's canonical form: nothing is escaped that need not be.</summary>
    public static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly string[] OfTheBody =
        [HeaderNames.ContentDisposition, HeaderNames.ETag, HeaderNames.Link, PayloadSalt.Header];

    /// <summary>Sends what <paramref name="write"/> writes, and a line feed.</summary>
    public static Task SendAsync(
        HttpContext context,
        int status,
        Action<Utf8JsonWriter> write,
        int lengthHint = 1024,
        string mediaType = MediaType)
    {
        var body = new ArrayBufferWriter<byte>(lengthHint);
        using (var json = new Utf8JsonWriter(body, WriterOptions)) write(json);
        body.Write("\n"u8);
        context.Response.StatusCode = status;
        return SendAsync(context, mediaType, body.WrittenMemory);
    }

    /// <summary>Sends bytes with their length.</summary>
    public static Task SendAsync(HttpContext context, string mediaType, ReadOnlyMemory<byte> body)
    {
        // What was appended is told whatever it costs; what is read can be asked for again.
        bool isLargeRead = body.Length > AnswerBudget.SmallBytes
            && HttpMethods.IsGet(context.Request.Method);
        if (isLargeRead) return SendLargeAsync(context, mediaType, body);
        SetHeaders(context.Response, mediaType, body.Length);
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(body).AsTask();
    }

    private static async Task SendLargeAsync(
        HttpContext context, string mediaType, ReadOnlyMemory<byte> body)
    {
        var budget = context.RequestServices.GetRequiredService<AnswerBudget>();
        bool isTaken = budget.TryTake(body.Length, out ByteReservation room);
        using ByteReservation taken = room;
        if (!isTaken)
        {
            foreach (string name in OfTheBody) context.Response.Headers.Remove(name);
            await new Problem(ProblemKind.Overloaded, "Too many large answers are on their way.")
                .SendAsync(context);
            return;
        }
        SetHeaders(context.Response, mediaType, body.Length);
        await context.Response.Body.WriteAsync(body);
    }

    private static void SetHeaders(HttpResponse response, string mediaType, int length) =>
        (response.ContentType, response.ContentLength) = (mediaType, length);

    /// <summary>RFC 3339 in UTC with milliseconds, of Unix milliseconds.</summary>
    public static string Time(ulong unixMs) =>
        unixMs > (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
            ? ""
            : DateTimeOffset.FromUnixTimeMilliseconds((long)unixMs)
                .ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>An array of digests as hexadecimal text.</summary>
    public static void WriteHexes(
        Utf8JsonWriter json, string name, IReadOnlyList<Attestation.Digest> digests)
    {
        json.WriteStartArray(name);
        foreach (Attestation.Digest digest in digests) json.WriteStringValue(digest.ToHex());
        json.WriteEndArray();
    }
}
