using System.Net;
using System.Text.Json;
using Sequencer.Gateway.Tests.Http;

namespace Sequencer.Gateway.Tests.Access;

/// <summary>A tenant makes so many streams and not one more, and all others go on.</summary>
public sealed class TenantStreamsTests : IAsyncLifetime
{
    private GuardedGateway _guarded = null!;

    public async Task InitializeAsync() => _guarded = await GuardedGateway.StartAsync(
        GuardedGateway.Keys + "[tenant.alice]\nstreams-max = 3\n");

    public async Task DisposeAsync() => await _guarded.DisposeAsync();

    [Fact]
    public async Task One_more_is_refused_and_those_that_are_there_grow()
    {
        for (int i = 0; i < 3; i++) Assert.Equal(201, await StatusAsync($"s-{i}"));
        using HttpResponseMessage refused =
            await _guarded.PostAsync("/v1/entries?stream=s-3", GuardedGateway.Alice, "x");
        JsonElement problem = await AppendTests.AssertProblemAsync(refused, "streams-full", 507);
        Assert.Equal(3, problem.GetProperty("limit").GetInt64());
        Assert.Equal(201, await StatusAsync("s-1"));
        await _guarded.AppendAsync(GuardedGateway.Alice, "no stream");
        await _guarded.AppendAsync(GuardedGateway.Bob, "x", "?stream=s-3");
        JsonElement streams = await _guarded.JsonAsync("/v1/streams", GuardedGateway.Alice);
        Assert.Equal(3, streams.GetProperty("streams").GetArrayLength());
    }

    [Fact]
    public async Task Every_way_to_make_a_stream_is_counted()
    {
        for (int i = 0; i < 3; i++) Assert.Equal(201, await StatusAsync($"s-{i}"));
        const string lines = "application/x-ndjson";
        using HttpResponseMessage path =
            await _guarded.PostAsync("/v1/streams/new/entries", GuardedGateway.Alice, "x");
        await AppendTests.AssertProblemAsync(path, "streams-full", 507);
        using HttpResponseMessage many = await _guarded.PostAsync(
            "/v1/streams/new/entries", GuardedGateway.Alice, """{"payload":"x"}""", lines);
        await AppendTests.AssertProblemAsync(many, "streams-full", 507);
        using HttpResponseMessage json = await _guarded.PostAsync(
            "/v1/entries", GuardedGateway.Alice, """{"payload":"x","stream":"new"}""", "application/json");
        await AppendTests.AssertProblemAsync(json, "streams-full", 507);
        using HttpResponseMessage batch = await _guarded.PostAsync(
            "/v1/entries:batch", GuardedGateway.Alice,
            """
            {"payload":"x","stream":"s-0"}
            {"payload":"x","stream":"new"}
            """, lines);
        JsonElement problem = await AppendTests.AssertProblemAsync(batch, "streams-full", 507);
        Assert.Equal(1, problem.GetProperty("index").GetInt32());
        using HttpResponseMessage sequence = await _guarded.PostAsync(
            "/sequence", GuardedGateway.Alice, """{"data":"x"}""", "application/json");
        Assert.Equal(507, (int)sequence.StatusCode);
        JsonElement log = await _guarded.JsonAsync("/v1/log", GuardedGateway.Alice);
        Assert.Equal(4, log.GetProperty("size").GetInt32());
    }

    [Fact]
    public async Task A_batch_that_does_not_fit_appends_nothing_and_one_stream_counts_once()
    {
        Assert.Equal(507, await BatchAsync("a", "b", "c", "d"));
        Assert.Equal(200, await BatchAsync("a", "b", "a", "c", "b"));
        Assert.Equal(200, await BatchAsync("c", "a"));
        Assert.Equal(507, await BatchAsync("d"));
    }

    [Fact]
    public async Task A_replay_is_answered_however_low_the_limit_is_by_now()
    {
        for (int i = 0; i < 3; i++) Assert.Equal(201, await StatusAsync($"s-{i}", $"key-{i}"));
        await File.WriteAllTextAsync(
            _guarded.KeysPath, GuardedGateway.Keys + "[tenant.alice]\nstreams-max = 1\n");
        _guarded.RefreshAccess();
        for (int i = 0; i < 3; i++) Assert.Equal(201, await StatusAsync($"s-{i}", $"key-{i}"));
        Assert.Equal(507, await StatusAsync("s-3"));
        JsonElement log = await _guarded.JsonAsync("/v1/log", GuardedGateway.Alice);
        Assert.Equal(4, log.GetProperty("size").GetInt32());
    }

    [Fact]
    public async Task At_once_no_more_are_made_than_one_after_the_other()
    {
        int[] statuses = await Task.WhenAll(
            Enumerable.Range(0, 24).Select(i => StatusAsync($"s-{i % 12}", $"key-{i % 12}")));
        // Two requests each: both are appended or replayed, or both refused.
        Assert.Equal(6, statuses.Count(status => status == 201));
        Assert.Equal(18, statuses.Count(status => status == 507));
        JsonElement streams = await _guarded.JsonAsync("/v1/streams", GuardedGateway.Alice);
        Assert.Equal(3, streams.GetProperty("streams").GetArrayLength());
    }

    private async Task<int> StatusAsync(string stream, string? key = null)
    {
        using HttpResponseMessage response = await _guarded.PostAsync(
            $"/v1/entries?stream={stream}", GuardedGateway.Alice, "x", key: key);
        return (int)response.StatusCode;
    }

    private async Task<int> BatchAsync(params string[] streams)
    {
        using HttpResponseMessage response = await _guarded.PostAsync(
            "/v1/entries:batch", GuardedGateway.Alice,
            string.Join('\n', streams.Select(name => $$"""{"payload":"x","stream":"{{name}}"}""")),
            "application/x-ndjson");
        return (int)response.StatusCode;
    }
}
