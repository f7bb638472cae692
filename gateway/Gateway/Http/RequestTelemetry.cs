using System.Globalization;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Logging;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Tracing;

namespace Sequencer.Gateway.Http;

/// <summary>
/// Counts, traces and logs requests. Of a request it tells method, route, status, duration, problem
/// and the tenant's first digits: never a path, which has names, a query, a header or a body.
/// </summary>
internal sealed class RequestTelemetry
{
    private const string NoRoute = "none";
    private const string Gone = "gone";
    private const int TenantDigits = 8;

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];

    private static readonly string[] Statuses =
        [.. Enumerable.Range(0, 600).Select(s => s.ToString(CultureInfo.InvariantCulture))];

    private readonly GatewayMetrics _metrics;
    private readonly PipelineState _state;
    private readonly LogLevel _level;
    private readonly ILogger<RequestTelemetry> _log;
    private readonly Func<object, Task> _closeIfEnding;

    public RequestTelemetry(
        GatewayMetrics metrics,
        PipelineState state,
        LogSettings settings,
        ILogger<RequestTelemetry> log)
    {
        (_metrics, _state, _level, _log) = (metrics, state, settings.RequestLevel, log);
        _closeIfEnding = CloseIfEnding;
    }

    /// <summary>Answers a request with what comes after this.</summary>
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        long since = TimeProvider.System.GetTimestamp();
        string method = Methods.FirstOrDefault(m => m == context.Request.Method) ?? "other";
        string route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? NoRoute;
        bool isLogged = _log.IsEnabled(_level);
        using RequestTrace? trace = RequestTrace.Begin(context, method, route, isLogged);
        context.Response.OnStarting(_closeIfEnding, context);
        _metrics.RequestBegan();
        try
        {
            await next(context);
        }
        finally
        {
            bool isGone = context.RequestAborted.IsCancellationRequested
                && !context.Response.HasStarted;
            int status = context.Response.StatusCode;
            string told = isGone || status >= Statuses.Length ? Gone : Statuses[status];
            string? problem = context.Features.Get<Problem>()?.Meaning.Name;
            TimeSpan elapsed = TimeProvider.System.GetElapsedTime(since);
            _metrics.RequestEnded(method, route, told, problem, elapsed);
            trace?.Answered(status, problem);
            if (isLogged)
            {
                _log.Log(
                    _level,
                    LogEvents.Request,
                    "{Method} {Route}: {Status} {Problem} in {Milliseconds} ms, tenant {Tenant}, "
                    + "trace {TraceId}",
                    method, route, told, problem ?? "",
                    Math.Round(elapsed.TotalMilliseconds, 3),
                    Caller.Of(context).Tenant.ToHex()[..TenantDigits],
                    trace!.Id);
            }
        }
    }

    // Callers with a connection that stays open would send their next request into its end.
    private Task CloseIfEnding(object state)
    {
        var context = (HttpContext)state;
        if (_state.IsEnding && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }
        return Task.CompletedTask;
    }
}
