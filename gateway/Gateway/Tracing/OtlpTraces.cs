using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Sequencer.Gateway.Metrics;

namespace Sequencer.Gateway.Tracing;

/// <summary>Sends spans to a collector, as OTLP in protobuf over HTTP, in the background. A collector
/// that does not answer costs spans and nothing else.</summary>
internal sealed class OtlpTraces(Uri endpoint) : IDisposable
{
    private readonly TracerProvider _provider = Sdk.CreateTracerProviderBuilder()
        .AddSource(Spans.SourceName)
        .ConfigureResource(resource => resource.AddService(
            "sequencer-gateway", serviceVersion: GatewayMetrics.Version))
        .AddOtlpExporter(exporter =>
        {
            exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
            exporter.Endpoint = endpoint.AbsolutePath == "/"
                ? new Uri(endpoint, "v1/traces")
                : endpoint;
        })
        .Build();

    /// <summary>Sends what is left, for a few seconds at most.</summary>
    public void Dispose() => _provider.Dispose();
}
