using System.Text;
using Sequencer.Attestation.Log;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Settings;

namespace Sequencer.Gateway.Http;

/// <summary>Whether it lives, whether it appends, what it counts, and what it is.</summary>
internal sealed class HealthEndpoints(
    PipelineState state,
    DiskReserve disk,
    GatewayMetrics metrics,
    AccessFiles access,
    GatewaySettings settings)
{
    private static readonly byte[] Welcome = Encoding.UTF8.GetBytes(
        """
        Sequencer: a log whose order anyone can check.

        Append an entry, and keep the receipt that comes back:

            curl --data-binary 'hello' -H 'Content-Type: text/plain' http://HOST/v1/entries

        Read:

            /v1/entries?from=0       the entries, in order
            /v1/entries/1            one entry
            /v1/entries/1/receipt    its receipt, under the newest checkpoint
            /v1/checkpoint           the newest signed checkpoint
            /v1/log                  which log this is, and its limits
            /v1/epochs               the enclaves that signed, with their attestation documents
            /v1/attestation          the newest enclave's document; with ?nonce=<hex> a fresh one
            /readyz, /metrics        for operators

        Nothing here has to be believed: a receipt is verified offline, down to the root certificate
        of AWS Nitro Enclaves. The interface is described in docs/HTTP.md, the bytes in
        docs/PROTOCOL.md.

        """);

    /// <summary>What this is, and what to try.</summary>
    public static Task WelcomeAsync(HttpContext context) =>
        JsonBody.SendAsync(context, LogEndpoints.TextMediaType, Welcome);

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
