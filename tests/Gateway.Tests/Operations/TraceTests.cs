using System.Diagnostics;
using System.Net;
using System.Text;
using Sequencer.Gateway.Tracing;
using Sequencer.Iac.Tests;

namespace Sequencer.Gateway.Tests.Operations;

/// <summary>Alone, because who listens to spans listens to those of every gateway in the process.
/// </summary>
[Collection(nameof(TraceTests))]
[CollectionDefinition(nameof(TraceTests), DisableParallelization = true)]
public class TraceTests
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Parent = "00f067aa0ba902b7";

    [Fact]
    public async Task A_collector_gets_the_spans_of_an_append_in_its_callers_trace()
    {
        using var collector = new Collector();
        await using (TestGateway gateway = await TestGateway.StartAsync(
            settings => settings with { OtlpEndpoint = collector.Url }))
        {
            await using var enclave = new TestEnclave(gateway.SocketPath);
            await gateway.WaitForReadinessAsync();
            using HttpResponseMessage answer = await gateway.PostAsync(
                "/v1/entries?stream=hidden-name", "x", "text/plain",
                ("traceparent", $"00-{Trace}-{Parent}-01"));
            string told = Assert.Single(answer.Headers.GetValues("traceresponse"));
            Assert.StartsWith($"00-{Trace}-", told, StringComparison.Ordinal);
            Assert.EndsWith("-01", told, StringComparison.Ordinal);
            Assert.DoesNotContain(Parent, told, StringComparison.Ordinal);
        }
        // Its end sent what was left.
        byte[] sent = collector.Received();
        string text = Encoding.Latin1.GetString(sent);
        string[] spans =
        [
            "POST /v1/entries", "append.queue", "batch.payloads", "batch.sequence",
            "enclave.sequence", "batch.commit", "store.sync",
        ];
        Assert.All(spans, span => Assert.Contains(span, text, StringComparison.Ordinal));
        Assert.DoesNotContain("hidden-name", text, StringComparison.Ordinal);
        Assert.Contains("sequencer-gateway", text, StringComparison.Ordinal);
        // Trace id (field 1) and parent (field 4) of a span, as OTLP's protobuf has them.
        Assert.Equal(spans.Length + 1, Count(sent, [0x0a, 16, .. Convert.FromHexString(Trace)]));
        Assert.Equal(1, Count(sent, [0x22, 8, .. Convert.FromHexString(Parent)]));
    }

    [Fact]
    public async Task Without_a_listener_there_is_no_span_and_a_callers_trace_is_still_named()
    {
        Assert.False(Spans.AreWanted);
        await using TestGateway gateway = await TestGateway.StartAsync();
        using HttpResponseMessage silent = await gateway.Http.GetAsync("/livez");
        Assert.False(silent.Headers.Contains("traceresponse"));

        using var request = new HttpRequestMessage(HttpMethod.Get, "/livez");
        request.Headers.Add("traceparent", $"00-{Trace}-{Parent}-01");
        using HttpResponseMessage named = await gateway.Http.SendAsync(request);
        Assert.StartsWith(
            $"00-{Trace}-", Assert.Single(named.Headers.GetValues("traceresponse")),
            StringComparison.Ordinal);
        Assert.EndsWith(
            "-00", named.Headers.GetValues("traceresponse").Single(), StringComparison.Ordinal);

        using var wrong = new HttpRequestMessage(HttpMethod.Get, "/livez");
        wrong.Headers.Add("traceparent", $"00-{Trace}-00");
        using HttpResponseMessage unnamed = await gateway.Http.SendAsync(wrong);
        Assert.False(unnamed.Headers.Contains("traceresponse"));
    }

    [Fact]
    public void Without_a_listener_a_span_costs_no_memory()
    {
        Assert.False(Spans.AreWanted);
        for (int i = 0; i < 200; i++) Ask();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) Ask();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);

        static void Ask()
        {
            _ = Spans.Here;
            using Activity? batch = Spans.OfBatch("batch.payloads", []);
            using Activity? step = Spans.OfStep("store.sync");
        }
    }

    private static int Count(byte[] bytes, byte[] part)
    {
        int count = 0;
        ReadOnlySpan<byte> rest = bytes;
        for (int at; (at = rest.IndexOf(part)) >= 0; rest = rest[(at + 1)..]) count++;
        return count;
    }

    /// <summary>Takes OTLP over HTTP and keeps the bodies.</summary>
    private sealed class Collector : IDisposable
    {
        private readonly MemoryStream _received = new();
        private readonly LoopbackServer _server;

        public Collector() => _server = new LoopbackServer(TakeAsync);

        public Uri Url => new(_server.Url);

        public byte[] Received()
        {
            lock (_received) return _received.ToArray();
        }

        public void Dispose() => _server.Dispose();

        private async Task TakeAsync(HttpListenerRequest request, HttpListenerResponse response)
        {
            Assert.Equal("/v1/traces", request.Url!.AbsolutePath);
            Assert.Equal("application/x-protobuf", request.ContentType);
            using var body = new MemoryStream();
            await request.InputStream.CopyToAsync(body);
            lock (_received) _received.Write(body.ToArray());
            response.ContentType = "application/x-protobuf";
        }
    }
}
