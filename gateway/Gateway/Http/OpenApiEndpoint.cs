namespace Sequencer.Gateway.Http;

/// <summary>The interface as OpenAPI 3.1 describes it: docs/openapi.json, as it was built in.
/// </summary>
internal static class OpenApiEndpoint
{
    private const string Resource = "openapi.json";

    private static readonly Lazy<byte[]> Document = new(Load);

    /// <summary>The document.</summary>
    public static Task ReadAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-cache";
        return JsonBody.SendAsync(context, JsonBody.MediaType, Document.Value);
    }

    private static byte[] Load()
    {
        using Stream stream =
            typeof(OpenApiEndpoint).Assembly.GetManifestResourceStream(Resource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
