using System.Net;
using System.Text.Json;

namespace Sequencer.Gateway.Tests.Http;

/// <summary>Streams as they are appended to and read by their paths.</summary>
public sealed class StreamTests : StreamFixture
{
    [Fact]
    public async Task A_stream_is_appended_to_and_read_by_its_path()
    {
        using HttpResponseMessage first = await Gateway.PostAsync(
            "/v1/streams/orders-1/entries?type=placed&receipt=none", "one", "text/plain",
            ("If-None-Match", "*"));
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.Equal("\"1\"", first.Headers.ETag!.ToString());
        Assert.Equal("/v1/entries/1", first.Headers.Location!.ToString());
        JsonElement second = await AppendAsync(
            "/v1/streams/orders-1/entries?receipt=none",
            """{"payload_base64":"/w==","type":"paid"}""", "application/json", ("If-Match", "\"1\""));
        Assert.Equal(2, second.GetProperty("version").GetInt64());

        JsonElement stream = await Gateway.GetJsonAsync("/v1/streams/orders-1");
        Assert.Equal("""{"stream":"orders-1","version":2,"first":1,"last":2}""", stream.GetRawText());
        JsonElement[] entries =
        [
            .. (await Gateway.GetJsonAsync("/v1/streams/orders-1/entries"))
                .GetProperty("entries").EnumerateArray(),
        ];
        Assert.Equal([1L, 2L], entries.Select(e => e.GetProperty("version").GetInt64()));
        Assert.Equal("one", entries[0].GetProperty("payload").GetString());
        Assert.Equal("/w==", entries[1].GetProperty("payload_base64").GetString());
        Assert.Equal("paid", entries[1].GetProperty("type").GetString());

        using HttpResponseMessage tagged = await Gateway.Http.GetAsync("/v1/streams/orders-1");
        Assert.Equal("\"2\"", tagged.Headers.ETag!.ToString());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/streams/orders-1");
        request.Headers.Add("If-None-Match", "\"2\"");
        using HttpResponseMessage same = await Gateway.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
    }

    [Fact]
    public async Task Many_entries_get_consecutive_versions_or_none_does()
    {
        const string path = "/v1/streams/s/entries";
        string three = string.Join('\n', Enumerable.Range(1, 3).Select(i => $"{{\"payload\":\"{i}\"}}"));
        using HttpResponseMessage response =
            await Gateway.PostAsync(path, three, Lines, ("Expected-Version", "none"));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("\"3\"", response.Headers.ETag!.ToString());
        Assert.Equal(path + "?from_version=1", response.Headers.Location!.ToString());
        JsonElement answer = await TestGateway.ReadJsonAsync(response);
        Assert.Equal(3, answer.GetProperty("version").GetInt64());
        Assert.Equal(4, answer.GetProperty("size").GetInt64());
        Assert.Equal(
            [1L, 2L, 3L],
            answer.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("version").GetInt64()));

        JsonElement problem = await RefusedAsync(
            "version-mismatch", 412, path, three, Lines, ("If-Match", "\"2\""));
        Assert.Equal(
            ("s", 2, 3, 0),
            (problem.GetProperty("stream").GetString(), problem.GetProperty("expected").GetInt32(),
                problem.GetProperty("actual").GetInt32(), problem.GetProperty("index").GetInt32()));
        Assert.Equal(3, (await Gateway.GetJsonAsync("/v1/streams/s")).GetProperty("version").GetInt64());

        using HttpResponseMessage once = await Gateway.PostAsync(
            path, three, Lines, ("Expected-Version", "3"), ("Idempotency-Key", "k"));
        using HttpResponseMessage again = await Gateway.PostAsync(
            path, three, Lines, ("Expected-Version", "3"), ("Idempotency-Key", "k"));
        Assert.Equal("true", again.Headers.GetValues("Idempotent-Replayed").Single());
        Assert.Equal("\"6\"", again.Headers.ETag!.ToString());
        using HttpResponseMessage provisional =
            await Gateway.PostAsync(path + "?ack=sequenced", three, Lines);
        Assert.Equal(HttpStatusCode.Accepted, provisional.StatusCode);
        Assert.Null(provisional.Headers.ETag);
    }

    [Theory]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("a%2Fb", "a%252Fb")]
    [InlineData("a b+c?&#", "a%20b+c%3F%26%23")]
    [InlineData("ü-😀", "%C3%BC-%F0%9F%98%80")]
    [InlineData("...", "...")]
    [InlineData("/", "%2f")]
    public async Task Any_name_has_a_path(string name, string segment)
    {
        JsonElement answer = await AppendAsync($"/v1/streams/{segment}/entries?receipt=none", "x");
        Assert.Equal(name, answer.GetProperty("stream").GetString());
        await AppendAsync($"/v1/streams/{segment}/entries", """{"payload":"y"}""", Lines);
        JsonElement stream = await Gateway.GetJsonAsync($"/v1/streams/{segment}");
        Assert.Equal(name, stream.GetProperty("stream").GetString());
        Assert.Equal(2, stream.GetProperty("version").GetInt64());
        Assert.Equal([1L, 2L], await WalkAsync($"/v1/streams/{segment}/entries?limit=1"));
    }

    [Fact]
    public async Task A_stream_is_read_both_ways_from_any_version()
    {
        string lines = string.Join('\n', Enumerable.Range(1, 10).Select(i =>
            $"{{\"payload\":\"{i}\",\"stream\":\"{(i % 2 == 0 ? "even" : "odd")}\"}}"));
        await AppendAsync("/v1/entries:batch", lines, Lines);
        Assert.Equal([2L, 4, 6, 8, 10], await WalkAsync("/v1/streams/even/entries?limit=2"));
        Assert.Equal(
            [10L, 8, 6, 4, 2],
            await WalkAsync("/v1/streams/even/entries?limit=2&direction=backwards"));
        Assert.Equal([6L, 8, 10], await WalkAsync("/v1/streams/even/entries?from_version=3"));
        Assert.Equal(
            [6L, 4, 2],
            await WalkAsync("/v1/streams/even/entries?from_version=3&direction=backwards&payload=false"));
        Assert.Empty(await WalkAsync("/v1/streams/even/entries?from_version=6"));
        Assert.Empty(await WalkAsync("/v1/streams/nothing/entries"));
        Assert.Equal(
            Enumerable.Range(0, 11).Select(n => (long)n).Reverse(),
            await WalkAsync("/v1/entries?direction=backwards&limit=3"));

        using var request = new HttpRequestMessage(
            HttpMethod.Get, "/v1/streams/odd/entries?from_version=2&limit=2");
        request.Headers.Add("Accept", Lines);
        using HttpResponseMessage response = await Gateway.Http.SendAsync(request);
        Assert.Equal(
            "</v1/streams/odd/entries?from_version=4&limit=2>; rel=\"next\"",
            response.Headers.GetValues("Link").Single());
        string[] read = (await response.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n');
        Assert.Equal(
            ["3", "5"],
            read.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("payload").GetString()));
    }

    [Fact]
    public async Task Streams_are_listed_and_entries_read_by_category_and_type()
    {
        string[] streams = ["order-1", "order-2", "orders", "order-1", "-x", "order"];
        foreach (string stream in streams)
        {
            string type = stream.Length == 7 ? "seven" : "other";
            await AppendAsync($"/v1/streams/{stream}/entries?receipt=none&type={type}", stream);
        }
        Assert.Equal(["order-1", "order-2", "orders", "-x", "order"], await ListAsync("/v1/streams?limit=2"));
        Assert.Equal(
            ["order-1", "order-2", "order"], await ListAsync("/v1/streams?category=order&limit=1"));
        Assert.Empty(await ListAsync("/v1/streams?category=nothing"));
        Assert.Equal([1L, 2, 4, 6], await WalkAsync("/v1/entries?category=order&limit=3"));
        Assert.Equal(
            [4L, 2, 1], await WalkAsync("/v1/entries?category=order&direction=backwards&from=5&limit=2"));
        Assert.Equal([1L, 2, 4], await WalkAsync("/v1/entries?type=seven&limit=2"));
        Assert.Equal([4L], await WalkAsync("/v1/entries?type=seven&from=3"));
        JsonElement page = await Gateway.GetJsonAsync("/v1/entries?type=seven&payload=true&limit=1");
        Assert.Equal("order-1", page.GetProperty("entries")[0].GetProperty("payload").GetString());
        page = await Gateway.GetJsonAsync("/v1/entries?type=seven&limit=1");
        Assert.False(page.GetProperty("entries")[0].TryGetProperty("payload", out _));
    }

    [Theory]
    [InlineData("/v1/streams?category=a-b", "category")]
    [InlineData("/v1/streams?category=", "category")]
    [InlineData("/v1/streams?limit=1001", "limit")]
    [InlineData("/v1/streams?cursor=x", "cursor")]
    [InlineData("/v1/streams/s/entries?from_version=-1", "from_version")]
    [InlineData("/v1/streams/s/entries?direction=up", "direction")]
    [InlineData("/v1/streams/s/entries?payload=1", "payload")]
    [InlineData("/v1/entries?type=a&category=b", "category")]
    [InlineData("/v1/entries?type=", "type")]
    [InlineData("/v1/entries?category=a-", "category")]
    public async Task A_parameter_out_of_range_is_refused(string path, string field)
    {
        JsonElement problem = await RefusedAsync("invalid-request", 400, path);
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("/v1/streams/s?version=1")]
    [InlineData("/v1/streams?from=1")]
    [InlineData("/v1/streams/s/entries?from=1")]
    [InlineData("/v1/entries?form=1")]
    public async Task A_parameter_that_is_not_known_is_refused(string path) =>
        await RefusedAsync("unknown-field", 400, path);

    [Fact]
    public async Task What_is_not_there_or_does_not_go_together_is_refused()
    {
        await RefusedAsync("not-found", 404, "/v1/streams/nothing");
        await RefusedAsync("invalid-request", 400, $"/v1/streams/{new string('x', 256)}");
        await RefusedAsync("invalid-request", 400, "/v1/streams/%FF");
        const string path = "/v1/streams/s/entries";
        await RefusedAsync("unknown-field", 400, path + "?stream=s", "x");
        await RefusedAsync("unknown-field", 400, path + "?atomic=true", "{}", Lines);
        await RefusedAsync(
            "invalid-request", 400, path, """{"payload":"x","stream":"s"}""", "application/json");
        await RefusedAsync("invalid-request", 400, path, """{"payload":"x","stream":"s"}""", Lines);
        await RefusedAsync(
            "invalid-request", 400, path, """{"payload":"x","expected_version":0}""", Lines);
        await RefusedAsync("invalid-request", 400, path, "", Lines);
        JsonElement problem = await RefusedAsync(
            "invalid-request", 400, path, "x", headers: [("If-Match", "*"), ("Expected-Version", "exists")]);
        Assert.Equal("If-Match", problem.GetProperty("field").GetString());
        foreach (string wrong in new[] { "-1", "01", "some", "\"1\"", "9223372036854775808", "" })
        {
            await RefusedAsync("invalid-request", 400, path, "x", headers: ("Expected-Version", wrong));
        }
        await RefusedAsync("invalid-request", 400, "/v1/entries", "x", headers: ("Expected-Version", "0"));
        await RefusedAsync(
            "invalid-request", 400, "/v1/entries:batch", """{"payload":"x"}""", Lines, ("Expected-Version", "0"));
        Assert.Empty(await WalkAsync("/v1/streams/s/entries"));
    }

    [Fact]
    public async Task A_page_with_large_payloads_ends_sooner_and_goes_on()
    {
        string large = new('x', 60_000);
        for (int i = 0; i < 15; i++)
        {
            string lines = string.Join('\n', Enumerable.Repeat($"{{\"payload\":\"{large}\"}}", 14));
            await AppendAsync("/v1/streams/s/entries", lines, Lines);
        }
        JsonElement page = await Gateway.GetJsonAsync("/v1/streams/s/entries?limit=1000");
        Assert.InRange(Numbers(page).Count(), 100, 209);
        Assert.Equal(
            Enumerable.Range(1, 210).Select(n => (long)n),
            await WalkAsync("/v1/streams/s/entries?limit=1000"));
        Assert.Equal(
            Enumerable.Range(1, 210).Select(n => (long)n).Reverse(),
            await WalkAsync("/v1/streams/s/entries?limit=1000&direction=backwards"));
    }

    private async Task<List<string>> ListAsync(string? path)
    {
        var names = new List<string>();
        while (path is not null)
        {
            using HttpResponseMessage response = await Gateway.Http.GetAsync(path);
            JsonElement page = await TestGateway.ReadJsonAsync(response);
            foreach (JsonElement stream in page.GetProperty("streams").EnumerateArray())
            {
                names.Add(stream.GetProperty("stream").GetString()!);
            }
            path = response.Headers.TryGetValues("Link", out IEnumerable<string>? links)
                ? links.Single().Split('<', '>')[1]
                : null;
        }
        return names;
    }
}
