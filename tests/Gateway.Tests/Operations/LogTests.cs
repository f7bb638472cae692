using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Sequencer.Gateway.Logging;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Tests.Operations;

public class LogTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Secret = "s3cret";

    [Fact]
    public async Task A_request_is_told_by_its_route_without_name_key_payload_or_query()
    {
        var lines = new LogLines(LogLevel.Information);
        await using TestGateway gateway = await TestGateway.StartAsync(settings => settings with
        {
            Logging = settings.Logging with { RequestLevel = LogLevel.Information },
        });
        gateway.LogTo(lines);
        await using var enclave = new TestEnclave(gateway.SocketPath);
        await gateway.WaitForReadinessAsync();
        using HttpResponseMessage good = await gateway.PostAsync(
            $"/v1/entries?stream={Secret}", Secret, "text/plain",
            ("Idempotency-Key", Secret), ("Authorization", "Bearer " + Secret),
            ("traceparent", $"00-{Trace}-b7ad6b7169203331-00"));
        Assert.Equal(201, (int)good.StatusCode);
        using HttpResponseMessage wrong = await gateway.PostAsync("/v1/entries?receipt=" + Secret, "");
        using HttpResponseMessage missing = await gateway.Http.GetAsync("/" + Secret);

        Assert.StartsWith(
            $"00-{Trace}-", Assert.Single(good.Headers.GetValues("traceresponse")),
            StringComparison.Ordinal);
        await lines.UntilAsync(3, "tenant");
        Assert.Contains(lines.Lines, line => line.StartsWith(
            "POST /v1/entries: 201  in ", StringComparison.Ordinal)
            && line.Contains(Trace, StringComparison.Ordinal));
        Assert.Contains(lines.Lines, line => line.StartsWith(
            "POST /v1/entries: 400 invalid-request in ", StringComparison.Ordinal));
        Assert.Contains(lines.Lines, line => line.StartsWith(
            "GET none: 404 not-found in ", StringComparison.Ordinal));
        Assert.DoesNotContain(
            lines.Lines, line => line.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public void A_line_of_json_has_event_fields_and_trace()
    {
        KeyValuePair<string, object?>[] state =
        [
            new("LogId", "ab"), new("Size", 7UL), new("TraceId", Trace), new("{OriginalFormat}", "x"),
        ];
        using var text = new StringWriter();
        new JsonLogFormatter().Write(
            new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(
                LogLevel.Warning, "Some.Category", LogEvents.Of(AppendFailure.DiskFull), state,
                new IOException("gone\nwith a second line"), (_, _) => "a \"message\"\n"),
            null,
            text);
        string line = text.ToString();
        Assert.Equal(1, line.Count(c => c == '\n'));
        using JsonDocument json = JsonDocument.Parse(line);
        JsonElement root = json.RootElement;
        Assert.Equal("warning", root.GetProperty("level").GetString());
        Assert.Equal("Some.Category", root.GetProperty("category").GetString());
        Assert.Equal("disk-full", root.GetProperty("event").GetString());
        Assert.Equal("a \"message\"\n", root.GetProperty("message").GetString());
        Assert.Equal(Trace, root.GetProperty("trace_id").GetString());
        Assert.Equal("ab", root.GetProperty("fields").GetProperty("log_id").GetString());
        Assert.Equal(7, root.GetProperty("fields").GetProperty("size").GetInt32());
        Assert.False(root.GetProperty("fields").TryGetProperty("trace_id", out _));
        Assert.Contains("gone", root.GetProperty("exception").GetString(), StringComparison.Ordinal);
        Assert.True(root.GetProperty("time").TryGetDateTimeOffset(out _));
    }

    [Fact]
    public void Events_have_names_of_their_own_and_are_in_the_document()
    {
        EventId[] events =
        [
            .. typeof(LogEvents).GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field => (EventId)field.GetValue(null)!),
            .. Enum.GetValues<AppendFailure>().Where(failure => failure is not
                (AppendFailure.None or AppendFailure.Overloaded)).Select(LogEvents.Of),
        ];
        Assert.Equal(events.Length, events.Select(e => e.Name).Distinct().Count());
        Assert.Equal(events.Length, events.Select(e => e.Id).Distinct().Count());
        string document = Checkout.Read("docs/OPERATING.md");
        Assert.All(events, e => Assert.Contains($"`{e.Name}`", document, StringComparison.Ordinal));
    }
}
