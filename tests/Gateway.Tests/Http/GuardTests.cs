using System.Net;
using System.Text.Json;

namespace Sequencer.Gateway.Tests.Http;

/// <summary>What has to hold of streams for an entry to be appended.</summary>
public sealed class GuardTests : StreamFixture
{
    [Fact]
    public async Task Streams_that_are_only_read_hold_an_entry_back()
    {
        await AppendAsync("/v1/streams/price/entries", "10");
        const string order =
            """{"payload":"x","stream":"orders","guards":[{"stream":"price","expected_version":1}]}""";
        await AppendAsync("/v1/entries?receipt=none", order, "application/json");
        await AppendAsync("/v1/streams/price/entries", "11");
        JsonElement problem =
            await RefusedAsync("version-mismatch", 412, "/v1/entries", order, "application/json");
        Assert.Equal("price", problem.GetProperty("stream").GetString());
        Assert.Equal(1, problem.GetProperty("expected").GetInt64());
        Assert.Equal(2, problem.GetProperty("actual").GetInt64());
        Assert.Equal([2L], await WalkAsync("/v1/streams/orders/entries"));
    }

    [Fact]
    public async Task The_guard_that_failed_is_named_whichever_it_is()
    {
        await AppendAsync("/v1/streams/a/entries", "1");
        await AppendAsync("/v1/streams/b/entries", "2");
        await AppendAsync("/v1/streams/a/entries", "3");
        (string Guards, string Stream, string Expected, string Actual)[] cases =
        [
            ("""{"stream":"a","expected_version":2},{"stream":"b","expected_version":"none"}""", "b", "\"none\"", "1"),
            ("""{"stream":"c","expected_version":"exists"}""", "c", "\"exists\"", "0"),
            ("""{"stream":"a","expected_version":2},{"stream":"c","expected_version":0}""", "s", "7", "0"),
        ];
        foreach (var (guards, stream, expected, actual) in cases)
        {
            JsonElement problem = await RefusedAsync(
                "version-mismatch", 412, "/v1/streams/s/entries",
                $$"""{"payload":"x","guards":[{{guards}}]}""", "application/json", ("Expected-Version", "7"));
            Assert.Equal(stream, problem.GetProperty("stream").GetString());
            Assert.Equal(expected, problem.GetProperty("expected").GetRawText());
            Assert.Equal(actual, problem.GetProperty("actual").GetRawText());
        }
        JsonElement changed = await RefusedAsync(
            "version-mismatch", 412, "/v1/entries",
            """{"payload":"x","guards":[{"stream":"b","unchanged_since":2},{"stream":"a","unchanged_since":2}]}""",
            "application/json");
        Assert.Equal(
            ("a", 2, 2, 3),
            (changed.GetProperty("stream").GetString(), changed.GetProperty("unchanged_since").GetInt32(),
                changed.GetProperty("actual").GetInt32(), changed.GetProperty("number").GetInt32()));
        Assert.False(changed.TryGetProperty("expected", out _));
        await AppendAsync(
            "/v1/entries",
            """{"payload":"x","guards":[{"stream":"a","unchanged_since":3},{"stream":"z","unchanged_since":0}]}""",
            "application/json");
    }

    [Fact]
    public async Task Several_streams_change_together_or_not_at_all()
    {
        const string transfer =
            """
            {"payload":"-5","stream":"alice","expected_version":"none","guards":[{"stream":"rules","expected_version":"none"}]}
            {"payload":"+5","stream":"bob","expected_version":"none","guards":[{"stream":"alice","expected_version":1}]}
            """;
        await AppendAsync("/v1/entries:batch?atomic=true", transfer, Lines);
        Assert.Equal([1L], await WalkAsync("/v1/streams/alice/entries"));
        Assert.Equal([2L], await WalkAsync("/v1/streams/bob/entries"));

        const string again =
            """
            {"payload":"-5","stream":"alice","expected_version":1}
            {"payload":"+5","stream":"bob","expected_version":1,"guards":[{"stream":"alice","expected_version":1}]}
            """;
        JsonElement problem =
            await RefusedAsync("version-mismatch", 412, "/v1/entries:batch?atomic=true", again, Lines);
        // A later line sees what the earlier ones did.
        Assert.Equal(
            ("alice", 1, 2, 1),
            (problem.GetProperty("stream").GetString(), problem.GetProperty("expected").GetInt32(),
                problem.GetProperty("actual").GetInt32(), problem.GetProperty("index").GetInt32()));
        Assert.Equal([1L], await WalkAsync("/v1/streams/alice/entries"));
    }

    [Theory]
    [InlineData("""{"stream":"a","expected_version":1}""")]
    [InlineData("[1]")]
    [InlineData("""[{"stream":"a"}]""")]
    [InlineData("""[{"expected_version":1}]""")]
    [InlineData("""[{"stream":"a","expected_version":1,"unchanged_since":1}]""")]
    [InlineData("""[{"stream":"a","expected_version":"any"}]""")]
    [InlineData("""[{"stream":"a","expected_version":-1}]""")]
    [InlineData("""[{"stream":"a","unchanged_since":"1"}]""")]
    [InlineData("""[{"stream":"a","expected_version":1,"stream":"b"}]""")]
    [InlineData("""[{"stream":"a","expected_version":1,"else":1}]""")]
    [InlineData("""[{"stream":"","expected_version":1}]""")]
    [InlineData("""[{"stream":["a"],"expected_version":1}]""")]
    public async Task Guards_of_another_form_are_refused(string guards)
    {
        JsonElement problem = await RefusedAsync(
            guards.Contains("[\"a\"]", StringComparison.Ordinal) ? "invalid-json" : "invalid-request",
            400, "/v1/entries", $$"""{"payload":"x","guards":{{guards}}}""", "application/json");
        Assert.True(problem.TryGetProperty("detail", out _));
    }

    [Fact]
    public async Task There_are_sixty_four_guards_and_updates_at_most()
    {
        string Entry(int guards) => "{\"payload\":\"x\",\"guards\":["
            + string.Join(',', Enumerable.Range(0, guards).Select(i =>
                $"{{\"stream\":\"{i}\",\"expected_version\":0}}")) + "]}";
        await AppendAsync("/v1/entries", Entry(64), "application/json");
        await RefusedAsync("invalid-request", 400, "/v1/entries", Entry(65), "application/json");
        await AppendAsync("/v1/streams/s/entries", Entry(63), "application/json");
        await RefusedAsync("invalid-request", 400, "/v1/streams/s/entries", Entry(64), "application/json");
        await AppendAsync("/v1/streams/s/entries", Entry(62), "application/json", ("If-Match", "*"));
        JsonElement problem = await RefusedAsync(
            "invalid-request", 400, "/v1/streams/s/entries", Entry(63), "application/json", ("If-Match", "*"));
        Assert.Equal("guards", problem.GetProperty("field").GetString());
    }

    [Fact]
    public async Task Of_writers_who_expect_the_same_version_one_wins_always()
    {
        const int rounds = 300;
        const int writers = 6;
        for (int round = 0; round < rounds; round++)
        {
            string version = round.ToString(System.Globalization.CultureInfo.InvariantCulture);
            HttpStatusCode[] statuses = await Task.WhenAll(Enumerable.Range(0, writers).Select(
                async writer =>
                {
                    // Each in another way.
                    (string path, string body, string type, (string, string)[] headers) = (writer % 3) switch
                    {
                        0 => ("/v1/streams/s/entries?receipt=none", $"{writer}", "text/plain",
                            [("If-Match", $"\"{version}\"")]),
                        1 => ("/v1/streams/s/entries", $"{{\"payload\":\"{writer}\"}}", Lines,
                            [("Expected-Version", version)]),
                        _ => ("/v1/entries:batch?atomic=true",
                            $"{{\"payload\":\"{writer}\",\"stream\":\"s\",\"expected_version\":{version}}}",
                            Lines, Array.Empty<(string, string)>()),
                    };
                    using HttpResponseMessage response =
                        await Gateway.PostAsync(path, body, type, headers);
                    return response.StatusCode;
                }));
            Assert.Equal(
                writers - 1, statuses.Count(status => status == HttpStatusCode.PreconditionFailed));
            Assert.Single(statuses, status => status is HttpStatusCode.Created or HttpStatusCode.OK);
        }
        Assert.Equal(
            Enumerable.Range(1, rounds).Select(n => (long)n), await WalkAsync("/v1/streams/s/entries"));
    }
}
