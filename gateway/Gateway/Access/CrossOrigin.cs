using System.Net;
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

    private const string ForeignPage = "A page of this origin may not send this.";

    private const string ForeignName =
        "Without keys only names of this machine are served, and origins of cors-origins.";

    private const string RequestHeaders =
        "Authorization, Content-Type, Accept, Idempotency-Key, If-Match, If-None-Match, Prefer, "
        + "Expected-Version, Last-Event-ID, Sequencer-Salt, traceparent";

    private const string ResponseHeaders =
        "ETag, Location, Link, Idempotent-Replayed, Retry-After, WWW-Authenticate, "
        + "Preference-Applied, Sequencer-Salt";

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
    /// Why a request is refused where no key is asked for; null if it is not. Any page that the
    /// machine's browser shows could append otherwise: it may send what it cannot read the answer to.
    /// And one whose name was made to point to this machine (DNS rebinding) could read, too: to the
    /// browser it is of the gateway's own origin.
    /// </summary>
    public string? Refuse(HttpRequest request)
    {
        if (!IsKnownName(request)) return ForeignName;
        bool isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);
        return !isRead && IsForeignPage(request) ? ForeignPage : null;
    }

    private bool IsForeignPage(HttpRequest request) =>
        request.Headers.Origin.Count > 0 && FindOrigin(request) is null
        && request.Headers.Origin != $"{request.Scheme}://{request.Host}";

    // Names that nobody's DNS can be asked for. No browser leaves the name out.
    private bool IsKnownName(HttpRequest request)
    {
        string name = request.Host.Host;
        return name.Length == 0
            || name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(name, out _)
            || settings.CorsOrigins.Contains($"http://{request.Host}")
            || settings.CorsOrigins.Contains($"https://{request.Host}");
    }

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
