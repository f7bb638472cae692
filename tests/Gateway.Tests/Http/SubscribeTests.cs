using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sequencer.Gateway.Live;

namespace Sequencer.Gateway.Tests.Http;

public sealed class SubscribeTests : IAsyncLifetime
{
    private const int Entries = 40;
    private TestGateway _gateway = null!;
    private TestEnclave _enclave = null!;

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync(settings => settings with
        {
            Subscribers = new()
            {
                Max = 4,
                Stall = TimeSpan.FromMilliseconds(200),
                Heartbeat = TimeSpan.FromMilliseconds(100),
            },
        });
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
        await AppendAsync(Enumerable.Range(0, Entries).Select(Line));
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _enclave.DisposeAsync();
    }

    [Theory]
    [InlineData("/v1/entries?", "from", 0)]
    [InlineData("/v1/entries?", "from", 7)]
    [InlineData("/v1/entries?type=odd&", "from", 0)]
    [InlineData("/v1/entries?type=odd&", "from", 11)]
    [InlineData("/v1/entries?category=cart&", "from", 0)]
    [InlineData("/v1/streams/cart-1/entries?", "from_version", 1)]
    [InlineData("/v1/streams/cart-1/entries?", "from_version", 3)]
    public async Task A_subscription_gives_what_pages_give_and_goes_on(
        string path, string name, int from)
    {
        using EventLines events =
            await EventLines.OpenAsync(_gateway.Http, $"{path}{name}={from}&payload=true");
        Assert.Equal("text/event-stream", events.Response.Content.Headers.ContentType!.MediaType);
        List<string> expected = await PageAsync($"{path}{name}={from}&payload=true");
        List<SentEvent> before = await events.RecordsAsync(expected.Count);
        Assert.Equal(expected, before.Select(e => e.Data));
        Assert.All(before, e => Assert.Equal($"{e.Number}", e.Id));
        Assert.All(before, e => Assert.Equal(e.Json.GetProperty("kind").GetString(), e.Name));
        // The entries that come are in every selection.
        await AppendAsync([Line(Entries + 1)]);
        await AppendAsync([Line(Entries + 3), Line(Entries + 5)]);
        List<string> all = await PageAsync($"{path}{name}={from}&payload=true");
        Assert.Equal(expected.Count + 3, all.Count);
        Assert.Equal(all[^3..], (await events.RecordsAsync(3)).Select(e => e.Data));
    }

    [Fact]
    public async Task Writers_and_a_subscriber_at_once_lose_and_repeat_nothing()
    {
        const int writers = 8, each = 25;
        using EventLines events = await EventLines.OpenAsync(_gateway.Http, "/v1/entries?from=1");
        Task writing = Task.WhenAll(Enumerable.Range(0, writers).Select(async writer =>
        {
            for (int i = 0; i < each; i++) await AppendAsync([Line(1000 * writer + i)]);
        }));
        List<SentEvent> records = await events.RecordsAsync(Entries + writers * each);
        await writing;
        Assert.Equal(
            Enumerable.Range(1, records.Count).Select(n => (ulong)n), records.Select(e => e.Number));
    }

    [Fact]
    public async Task A_checkpoint_follows_the_entries_that_it_covers()
    {
        using EventLines events = await EventLines.OpenAsync(_gateway.Http, "/v1/entries?from=end");
        ulong size = Entries + 1;
        for (int round = 0; round < 3; round++)
        {
            SentEvent? head = await events.NextAsync();
            Assert.Equal(("checkpoint", size), (head!.Name, head.Json.GetProperty("size").GetUInt64()));
            Assert.Equal(
                await _gateway.Http.GetStringAsync("/v1/checkpoint"),
                head.Json.GetProperty("checkpoint").GetString());
            Assert.Equal($"{size - 1}", events.LastId);
            await AppendAsync([Line(round)]);
            Assert.Equal(size++, (await events.NextAsync())!.Number);
        }
    }

    [Theory]
    [InlineData("/v1/entries?from=30", 5)]
    [InlineData("/v1/entries?category=cart", 5)]
    [InlineData("/v1/streams/cart-1/entries?from_version=1", 5)]
    public async Task Last_event_id_wins_over_where_it_began(string path, ulong last)
    {
        using EventLines all = await EventLines.OpenAsync(_gateway.Http, path.Replace("30", "0"));
        ulong next = (await all.RecordsAsync(16)).First(e => e.Number > last).Number;
        using EventLines events = await EventLines.OpenAsync(_gateway.Http, path, $"{last}");
        Assert.Equal(next, (await events.RecordsAsync(1))[0].Number);
    }

    [Fact]
    public async Task A_silent_subscription_sends_comments_with_how_far_it_has_looked()
    {
        using EventLines events =
            await EventLines.OpenAsync(_gateway.Http, "/v1/entries?type=nothing");
        await events.CommentAsync();
        Assert.Equal($"{Entries}", events.LastId);
        await AppendAsync([Line(0)]);
        while (events.LastId != $"{Entries + 1}") await events.CommentAsync();
    }

    [Theory]
    [InlineData("/v1/entries?from=x", null, "from")]
    [InlineData("/v1/entries?from=0", "x", "Last-Event-ID")]
    [InlineData("/v1/entries?payload=1", null, "payload")]
    [InlineData("/v1/entries?format=xml", null, "format")]
    public async Task What_cannot_be_subscribed_to_is_refused(
        string path, string? lastEventId, string field)
    {
        using EventLines answer = await EventLines.OpenAsync(_gateway.Http, path, lastEventId);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Response.StatusCode);
        JsonElement problem = await answer.ProblemAsync();
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("/v1/entries?limit=3")]
    [InlineData("/v1/entries?direction=backwards")]
    public async Task Parameters_of_pages_are_unknown_to_subscriptions(string path)
    {
        using EventLines answer = await EventLines.OpenAsync(_gateway.Http, path);
        JsonElement problem = await answer.ProblemAsync();
        Assert.Equal("urn:sequencer:problem:unknown-field", problem.GetProperty("type").GetString());
    }

    [Fact]
    public async Task One_subscriber_too_many_is_told_to_come_later_and_one_who_goes_makes_room()
    {
        var held = new List<EventLines>();
        for (int i = 0; i < 4; i++)
        {
            held.Add(await EventLines.OpenAsync(_gateway.Http, "/v1/entries?from=0"));
            await held[i].RecordsAsync(1);
        }
        using (EventLines refused = await EventLines.OpenAsync(_gateway.Http, "/v1/entries"))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.Response.StatusCode);
            Assert.NotNull(refused.Response.Headers.RetryAfter);
        }
        foreach (EventLines one in held) one.Dispose();
        await WaitForReadersAsync(0);
        using EventLines again = await EventLines.OpenAsync(_gateway.Http, "/v1/entries?from=0");
        Assert.Single(await again.RecordsAsync(1));
    }

    [Fact]
    public async Task A_subscriber_who_takes_nothing_is_ended()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(_gateway.EndPoint);
        await socket.SendAsync(
            "GET /v1/entries?from=0 HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"u8.ToArray());
        await WaitForReadersAsync(1);
        string large = new('x', 60_000);
        // More than all buffers between the two hold.
        for (int i = 0; i < 300; i++) await AppendAsync([$"{{\"payload\":\"{large}\"}}"]);
        await WaitForReadersAsync(0);
    }

    [Fact]
    public async Task At_the_end_of_the_gateway_a_subscription_says_so()
    {
        using EventLines events = await EventLines.OpenAsync(_gateway.Http, "/v1/entries?from=end");
        Assert.Equal("checkpoint", (await events.NextAsync())!.Name);
        await _gateway.StopServingAsync();
        Assert.Equal(
            new SentEvent($"{Entries}", "end", "{\"reason\":\"shutting-down\"}"),
            await events.NextAsync());
        Assert.Null(await events.NextAsync());
    }

    [Fact]
    public async Task A_head_request_does_not_stream()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/v1/entries");
        request.Headers.Add("Accept", "text/event-stream");
        using HttpResponseMessage answer = await _gateway.Http.SendAsync(request);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        await WaitForReadersAsync(0);
    }

    [Fact]
    public async Task Payloads_can_be_left_out()
    {
        using EventLines events =
            await EventLines.OpenAsync(_gateway.Http, "/v1/entries?from=1&payload=false");
        string entry = (await _gateway.Http.GetStringAsync("/v1/entries/1")).TrimEnd('\n');
        Assert.Equal(entry, (await events.RecordsAsync(1))[0].Data);
    }

    [Fact]
    public async Task What_was_erased_is_not_told_from_memory()
    {
        for (int round = 0; round < 2; round++)
        {
            using EventLines events =
                await EventLines.OpenAsync(_gateway.Http, $"/v1/entries?from={Entries}");
            JsonElement entry = (await events.RecordsAsync(1))[0].Json;
            Assert.Equal(round == 0, entry.TryGetProperty("payload", out _));
            Assert.Equal(round == 1, entry.TryGetProperty("erased", out _));
            using HttpResponseMessage erased =
                await _gateway.Http.DeleteAsync($"/v1/entries/{Entries}/payload?receipt=none");
            Assert.Equal(HttpStatusCode.OK, erased.StatusCode);
        }
    }

    [Theory]
    [InlineData("/v1/entries?from=41", "application/json")]
    [InlineData("/v1/entries?from=41", "application/x-ndjson")]
    [InlineData("/v1/streams/cart-1/entries?from_version=1000", "application/json")]
    [InlineData("/v1/entries?type=new&from=0", "application/json")]
    public async Task A_page_is_waited_for(string path, string accept)
    {
        bool isVersion = path.Contains("1000", StringComparison.Ordinal);
        using var request = new HttpRequestMessage(
            HttpMethod.Get, isVersion ? path.Replace("1000", "21") : path);
        request.Headers.Add("Prefer", "respond-async, wait=900");
        request.Headers.Add("Accept", accept);
        Task<HttpResponseMessage> waiting = _gateway.Http.SendAsync(request);
        await WaitForReadersAsync(1);
        Assert.False(waiting.IsCompleted);
        await AppendAsync(["{\"payload\":\"x\",\"stream\":\"cart-1\",\"type\":\"new\"}"]);
        using HttpResponseMessage answer = await waiting;
        Assert.Equal(["wait=60"], answer.Headers.GetValues("Preference-Applied"));
        Assert.Contains("\"type\":\"new\"", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_page_that_is_there_or_does_not_come_is_answered_in_time()
    {
        foreach ((string path, int count) in ((string, int)[])
            [("/v1/entries?from=40", 1), ("/v1/entries?from=41", 0)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Prefer", "wait=1");
            using HttpResponseMessage answer = await _gateway.Http.SendAsync(request);
            JsonElement page = await TestGateway.ReadJsonAsync(answer);
            Assert.Equal(count, page.GetProperty("entries").GetArrayLength());
        }
        await WaitForReadersAsync(0);
    }

    private static string Line(int i) =>
        $"{{\"payload\":\"p{i}\\nq\",\"type\":\"{(i % 2 == 0 ? "even" : "odd")}\","
        + $"\"stream\":\"{(i % 2 == 0 ? "order-1" : "cart-1")}\"}}";

    private async Task AppendAsync(IEnumerable<string> lines)
    {
        using HttpResponseMessage answer = await _gateway.PostAsync(
            "/v1/entries:batch", string.Join('\n', lines), "application/x-ndjson");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<List<string>> PageAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path + "&limit=1000");
        request.Headers.Add("Accept", "application/x-ndjson");
        using HttpResponseMessage answer = await _gateway.Http.SendAsync(request);
        return [.. Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync())
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private async Task WaitForReadersAsync(int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (_gateway.Services.GetRequiredService<LiveReaders>().Count != count)
        {
            await Task.Delay(5, patience.Token);
        }
    }
}
