using System.Text;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Http;

/// <summary>Whether it lives, whether it appends, and what it counts.</summary>
internal sealed class HealthEndpoints(
    PipelineState state, DiskReserve disk, GatewayMetrics metrics)
{
    /// <summary>The process serves.</summary>
    public static Task LiveAsync(HttpContext context) =>
        JsonBody.SendAsync(context, LogEndpoints.TextMediaType, "live\n"u8.ToArray());

    /// <summary>Entries can be appended, or why not.</summary>
    public Task ReadyAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (state.NotReady is { } fault)
        {
            return (Problem.Of(fault.Failure) with { Detail = fault.Reason }).SendAsync(context);
        }
        if (!disk.HasRoomFor(0))
        {
            return new Problem(ProblemKind.DiskFull, disk.Shortage).SendAsync(context);
        }
        if (state.BehindWitnesses is { } lag)
        {
            return (Problem.Of(AppendFailure.WitnessesBehind) with { Detail = lag })
                .SendAsync(context);
        }
        return JsonBody.SendAsync(context, LogEndpoints.TextMediaType, "ready\n"u8.ToArray());
    }

    /// <summary>Prometheus text.</summary>
    public Task MetricsAsync(HttpContext context) => JsonBody.SendAsync(
        context, PrometheusText.MediaType, Encoding.UTF8.GetBytes(metrics.Exporter.Write()));
}
