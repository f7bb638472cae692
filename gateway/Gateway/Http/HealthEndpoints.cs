using System.Text;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Http;

/// <summary>Whether it lives, whether it appends, what it counts, and what it is.</summary>
internal sealed class HealthEndpoints(
    PipelineState state, DiskReserve disk, GatewayMetrics metrics)
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

    /// <summary>Prometheus text.</summary>
    public Task MetricsAsync(HttpContext context) => JsonBody.SendAsync(
        context, PrometheusText.MediaType, Encoding.UTF8.GetBytes(metrics.Exporter.Write()));
}
