using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Sequencer.Gateway.Tracing;

/// <summary>Which trace a request belongs to (W3C Trace Context), and its span if it has one.</summary>
internal sealed class RequestTrace : IDisposable
{
    private const string ParentHeader = "traceparent";
    private const string StateHeader = "tracestate";
    private const string ResponseHeader = "traceresponse";

    private readonly Activity? _span;

    private RequestTrace(Activity? span, ActivityTraceId id)
    {
        _span = span;
        Id = id.ToHexString();
    }

    /// <summary>32 digits.</summary>
    public string Id { get; }

    /// <summary>
    /// The caller's trace, or a new one if spans are wanted or <paramref name="isNamed"/> asks for an
    /// id; otherwise null. What is known is told in the answer's <c>traceresponse</c>.
    /// </summary>
    public static RequestTrace? Begin(HttpContext context, string method, string route, bool isNamed)
    {
        bool hasCaller = TryReadCaller(context.Request, out ActivityContext caller);
        // Not those that ASP.NET would make: they tell raw paths, which have names of streams.
        Activity? span = Spans.AreWanted ? Spans.OfRequest($"{method} {route}", caller) : null;
        if (!hasCaller && !isNamed && span is null) return null;
        ActivityTraceId id = span?.TraceId
            ?? (hasCaller ? caller.TraceId : ActivityTraceId.CreateRandom());
        span?.SetTag("http.request.method", method).SetTag("http.route", route);
        var trace = new RequestTrace(span, id);
        ActivitySpanId spanId = span?.SpanId ?? ActivitySpanId.CreateRandom();
        string flags = span?.Recorded == true ? "01" : "00";
        context.Response.Headers[ResponseHeader] = $"00-{trace.Id}-{spanId}-{flags}";
        context.Features.Set(trace);
        return trace;
    }

    /// <summary>The id of a request's trace; null if it belongs to none.</summary>
    public static string? IdOf(HttpContext context) => context.Features.Get<RequestTrace>()?.Id;

    /// <summary>What became of the request.</summary>
    public void Answered(int status, string? problem)
    {
        if (_span is null) return;
        _span.SetTag("http.response.status_code", status);
        if (problem is not null) _span.SetTag("sequencer.problem", problem);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            _span.SetStatus(ActivityStatusCode.Error);
        }
    }

    /// <summary>Ends the span.</summary>
    public void Dispose() => _span?.Dispose();

    private static bool TryReadCaller(
        HttpRequest request, [MaybeNullWhen(false)] out ActivityContext caller)
    {
        caller = default;
        return request.Headers.TryGetValue(ParentHeader, out var parent)
            && ActivityContext.TryParse(
                parent, request.Headers[StateHeader], isRemote: true, out caller);
    }
}
