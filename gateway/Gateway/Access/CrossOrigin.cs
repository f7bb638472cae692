using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Sequencer.Gateway.Settings;

namespace Sequencer.Gateway.Access;

/// <summary>
/// Lets pages of the origins in a list read answers (the CORS protocol of the Fetch standard). Without
/// credentials of the browser's own: a page shows a key itself.
/// </summary>
internal sealed class CrossOrigin(AccessSettings settings)
{
    private const string Methods = "GET, HEAD, POST, DELETE";

    private const string RequestHeaders =
        "Authorization, Content-Type, Accept, Idempotency-Key, If-Match, If-None-Match, Prefer, "
        + "Expected-Version, Last-Event-ID, traceparent";

    private const string ResponseHeaders =
        "ETag, Location, Link, Idempotent-Replayed, Retry-After, WWW-Authenticate, "
        + "Preference-Applied";

    private const string PreflightSeconds = "600";

    /// <summary>The middleware: answers preflights, and marks other answers.</summary>
    public Task PassAsync(HttpContext context, RequestDelegate next)
    {
        if (settings.CorsOrigins.IsEmpty) return next(context);
        bool isListed = FindOrigin(context.Request) is not null;
        context.Response.OnStarting(Mark, context);
        bool isPreflight = HttpMethods.IsOptions(context.Request.Method)
            && context.Request.Headers.ContainsKey(HeaderNames.AccessControlRequestMethod);
        if (!isListed || !isPreflight) return next(context);
        IHeaderDictionary headers = context.Response.Headers;
        headers.AccessControlAllowMethods = Methods;
        headers.AccessControlAllowHeaders = RequestHeaders;
        headers.AccessControlMaxAge = PreflightSeconds;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>
    /// Whether a page of an origin that is not listed, nor the gateway's own, makes the request. Where
    /// no key is asked for, any page that the machine's browser shows could append otherwise: it may
    /// send what it cannot read the answer to.
    /// </summary>
    public bool IsForeignPage(HttpRequest request) =>
        request.Headers.Origin.Count > 0 && FindOrigin(request) is null
        && request.Headers.Origin != $"{request.Scheme}://{request.Host}";

    // At the last moment: endpoints write some of these headers too.
    private Task Mark(object state)
    {
        var context = (HttpContext)state;
        IHeaderDictionary headers = context.Response.Headers;
        headers.Append(HeaderNames.Vary, HeaderNames.Origin);
        if (FindOrigin(context.Request) is not { } origin) return Task.CompletedTask;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlExposeHeaders = ResponseHeaders;
        return Task.CompletedTask;
    }

    private string? FindOrigin(HttpRequest request)
    {
        StringValues origin = request.Headers.Origin;
        return origin.Count == 1 && settings.CorsOrigins.Contains(origin[0]!) ? origin[0] : null;
    }
}
