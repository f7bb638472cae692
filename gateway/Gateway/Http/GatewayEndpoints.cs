using Microsoft.AspNetCore.Connections;
using Sequencer.Gateway.Logging;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Tracing;

namespace Sequencer.Gateway.Http;

/// <summary>The paths of docs/HTTP.md, and problems for everything else.</summary>
internal static class GatewayEndpoints
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];
    private static readonly string[] Appending = [HttpMethods.Post];

    /// <summary>Maps all paths.</summary>
    public static void Map(WebApplication app)
    {
        var append = app.Services.GetRequiredService<AppendEndpoints>();
        var entries = app.Services.GetRequiredService<EntryEndpoints>();
        var streams = app.Services.GetRequiredService<StreamEndpoints>();
        var log = app.Services.GetRequiredService<LogEndpoints>();
        var epochs = app.Services.GetRequiredService<EpochEndpoints>();
        var health = app.Services.GetRequiredService<HealthEndpoints>();

        app.Use(app.Services.GetRequiredService<RequestTelemetry>().RunAsync);
        app.Use(GuardAsync);
        app.MapMethods("/", Reading, HealthEndpoints.WelcomeAsync);
        app.MapMethods("/v1/entries", Appending, append.AppendOneAsync);
        app.MapMethods("/v1/entries:batch", Appending, append.AppendBatchAsync);
        app.MapMethods("/v1/entries", Reading, entries.ManyAsync);
        app.MapMethods("/v1/entries/{number}", Reading, entries.OneAsync);
        app.MapMethods("/v1/entries/{number}/payload", Reading, entries.PayloadAsync);
        app.MapMethods("/v1/entries/{number}/receipt", Reading, entries.ReceiptAsync);
        app.MapMethods("/v1/streams", Reading, streams.ListAsync);
        app.MapMethods("/v1/streams/{name}", Reading, streams.OneAsync);
        app.MapMethods("/v1/streams/{name}/entries", Reading, streams.EntriesAsync);
        app.MapMethods("/v1/streams/{name}/entries", Appending, append.AppendToStreamAsync);
        app.MapMethods("/v1/log", Reading, log.LogAsync);
        foreach (string prefix in (string[])["/v1", ""])
        {
            app.MapMethods(prefix + "/checkpoint", Reading, log.CheckpointAsync);
            app.MapMethods(prefix + "/tile/{**path}", Reading, log.TileAsync);
        }
        app.MapMethods("/v1/proofs/inclusion", Reading, log.InclusionAsync);
        app.MapMethods("/v1/proofs/consistency", Reading, log.ConsistencyAsync);
        app.MapMethods("/v1/epochs", Reading, epochs.AllAsync);
        app.MapMethods("/v1/epochs/{epoch}", Reading, epochs.OneAsync);
        app.MapMethods("/v1/attestation", Reading, epochs.AttestationAsync);
        app.MapMethods("/openapi.json", Reading, OpenApiEndpoint.ReadAsync);
        app.MapMethods("/livez", Reading, HealthEndpoints.LiveAsync);
        app.MapMethods("/readyz", Reading, health.ReadyAsync);
        app.MapMethods("/metrics", Reading, health.MetricsAsync);
    }

    // The one boundary where faults become answers; and where the router's own refusals, which have no
    // body, get one.
    private static async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        Problem? problem;
        try
        {
            if (Query.IsWellFormed(context.Request.QueryString.Value ?? ""))
            {
                await next(context);
                problem = OfStatus(context.Response);
            }
            else
            {
                problem = new Problem(
                    ProblemKind.InvalidRequest, "The query string has an escape that is none.");
            }
        }
        catch (BadHttpRequestException e)
        {
            problem = new Problem(ProblemKind.InvalidRequest, e.Message);
        }
        catch (Exception e) when (IsCallerGone(context, e))
        {
            // Said to the server as well, or it would go on to the rest of the body and trip.
            context.Abort();
            return;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Log(context).LogError(
                LogEvents.RequestFailed, "{Route}: {Reason} (trace {TraceId})",
                RouteOf(context), e.Message, RequestTrace.IdOf(context));
            problem = new Problem(ProblemKind.StoreFailed, "The store could not be read.");
        }
        catch (Exception e)
        {
            Log(context).LogError(
                LogEvents.RequestFailed, e, "{Route} failed (trace {TraceId}).",
                RouteOf(context), RequestTrace.IdOf(context));
            problem = new Problem(ProblemKind.Internal, "The gateway failed; its log says how.");
        }
        if (problem is null) return;
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }
        await problem.SendAsync(context);
    }

    // A connection that breaks while a body is read is an IOException too, and not the disk's.
    private static bool IsCallerGone(HttpContext context, Exception e) =>
        e is ConnectionResetException or ConnectionAbortedException
        || (e is OperationCanceledException && context.RequestAborted.IsCancellationRequested);

    private static Problem? OfStatus(HttpResponse response) =>
        response.HasStarted || response.ContentType is not null
            ? null
            : response.StatusCode switch
            {
                StatusCodes.Status404NotFound =>
                    new Problem(ProblemKind.NotFound, "GET / lists the paths."),
                StatusCodes.Status405MethodNotAllowed =>
                    new Problem(ProblemKind.MethodNotAllowed, $"Allowed: {response.Headers.Allow}."),
                _ => null,
            };

    // Not the path, which has names of streams.
    private static string? RouteOf(HttpContext context) => context.GetEndpoint()?.DisplayName;

    private static ILogger Log(HttpContext context) =>
        context.RequestServices.GetRequiredService<ILogger<PipelineState>>();
}
