using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Settings;

namespace Sequencer.Gateway.Http;

/// <summary>Whether it lives, whether it appends, and what it counts.</summary>
internal sealed class HealthEndpoints(
    PipelineState state,
    DiskReserve disk,
    GatewayMetrics metrics,
    AccessFiles access,
    GatewaySettings settings)
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

    /// <summary>
    /// <see cref="ReadyAsync"/> as callers of the BLOCKY sequencer know it: healthy, with what is
    /// configured; or what is wrong, by setting.
    /// </summary>
    public Task HeartbeatAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        var faults = new SequenceFaults();
        foreach (string setting in access.Stale) faults.Add(setting, "Not in force as it stands now.");
        if (!disk.HasRoomFor(0)) faults.Add("data", disk.Shortage);
        if (state.NotReady is { } fault)
        {
            faults.Add(fault.Failure == AppendFailure.StoreFailed ? "data" : "enclave", fault.Reason);
        }
        else if (state.BehindWitnesses is { } lag)
        {
            faults.Add("witness-policy", lag);
        }
        if (!faults.IsEmpty)
        {
            return SequenceEndpoint.SendErrorAsync(
                context, StatusCodes.Status500InternalServerError, faults.WriteTo);
        }
        // The log's own words, where there is one; the settings are for a log that is yet to be made.
        LogConfiguration log = state.View is { Size: > 0 } view
            && EpochStatement.TryParse(view.ReadRecord(0), out EpochStatement? genesis)
                ? genesis.Fields.Configuration
                : settings.Log;
        return JsonBody.SendAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "healthy");
            json.WriteStartObject("configuration");
            json.WriteString("origin", log.Origin);
            json.WriteNumber("entry-max-bytes", settings.EntryMaxBytes);
            json.WriteNumber("batch-max-bytes", settings.BatchMaxBytes);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    /// <summary>Prometheus text.</summary>
    public Task MetricsAsync(HttpContext context) => JsonBody.SendAsync(
        context, PrometheusText.MediaType, Encoding.UTF8.GetBytes(metrics.Exporter.Write()));
}
