using System.Net;
using System.Text;

namespace Sequencer.Client.Tests;

/// <summary>A request as the gateway saw it.</summary>
internal sealed record SeenRequest(string Method, string Path, string Body, HttpRequestMessage Head)
{
    public string? Header(string name) =>
        Head.Headers.TryGetValues(name, out IEnumerable<string>? values)
            ? string.Join(",", values)
            : null;
}

/// <summary>A gateway in memory that answers as its test says.</summary>
internal sealed class ScriptedGateway(Func<SeenRequest, HttpResponseMessage> answer)
    : HttpMessageHandler
{
    public List<SeenRequest> Seen { get; } = [];

    /// <summary>A client of this gateway.</summary>
    public HttpClient Http() => new(this) { BaseAddress = new Uri("http://gateway.example/") };

    public static HttpResponseMessage Json(
        string json, HttpStatusCode status = HttpStatusCode.OK) =>
        new(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };

    public static HttpResponseMessage Bytes(ReadOnlyMemory<byte> bytes) =>
        new(HttpStatusCode.OK) { Content = new ReadOnlyMemoryContent(bytes) };

    public static HttpResponseMessage Problem(
        string name, int status, string more = "", int? retryAfter = null)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status)
        {
            Content = new StringContent(
                $$"""
                {"type":"urn:sequencer:problem:{{name}}","title":"T",
                 "status":{{status}},"detail":"D"{{more}}}
                """,
                Encoding.UTF8,
                "application/problem+json"),
        };
        if (retryAfter is { } seconds)
        {
            response.Headers.RetryAfter = new(TimeSpan.FromSeconds(seconds));
        }
        return response;
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string body = request.Content is null
            ? ""
            : await request.Content.ReadAsStringAsync(cancellationToken);
        var seen = new SeenRequest(
            request.Method.Method, request.RequestUri!.PathAndQuery, body, request);
        lock (Seen) Seen.Add(seen);
        return answer(seen);
    }
}
