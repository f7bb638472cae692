using System.Net;
using System.Text.Json;

namespace Sequencer.Gateway.Tests.Http;

public sealed class CloudEventTests : IAsyncLifetime
{
    private TestGateway _gateway = null!;
    private TestEnclave _enclave = null!;

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync();
        _enclave = new TestEnclave(_gateway.SocketPath);
        await _gateway.WaitForReadinessAsync();
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _enclave.DisposeAsync();
    }

    [Fact]
    public async Task An_entry_has_the_attributes_of_an_event()
    {
        await AppendAsync(
            """
            {"payload":"{\"total\": 7}","content_type":"application/vnd.acme+json","type":"placed",
             "stream":"orders-1"}
            """);
        JsonElement one = await GetAsync("/v1/entries/1", "application/cloudevents+json");
        JsonElement plain = await _gateway.GetJsonAsync("/v1/entries/1");
        Assert.Equal("1.0", Text(one, "specversion"));
        Assert.Equal("1", Text(one, "id"));
        Assert.Equal("//test.example/log", Text(one, "source"));
        Assert.Equal("placed", Text(one, "type"));
        Assert.Equal("orders-1", Text(one, "subject"));
        Assert.Equal(Text(plain, "time"), Text(one, "time"));
        Assert.Equal("application/vnd.acme+json", Text(one, "datacontenttype"));
        Assert.Equal(7, one.GetProperty("data").GetProperty("total").GetInt32());
        Assert.Equal("00000000000000000001", Text(one, "sequence"));
        Assert.Equal("1", Text(one, "streamversion"));
        Assert.Equal(Text(plain, "leaf_hash"), Text(one, "leafhash"));
        // Lower-case letters and digits only; data alone may have an underscore.
        Assert.All(
            one.EnumerateObject().Where(member => member.Name != "data_base64"),
            member => Assert.Matches("^[a-z0-9]{1,20}$", member.Name));
    }

    [Theory]
    [InlineData("text/plain", "plain", "data", "\"plain\"")]
    [InlineData("text/plain; charset=utf-8", "plain", "data", "\"plain\"")]
    [InlineData("text/plain; charset=utf-16", "plain", "data_base64", "\"cGxhaW4=\"")]
    [InlineData("application/json", "[1, {\\\"a\\\":null}]", "data", "[1,{\"a\":null}]")]
    [InlineData("application/json", "no JSON", "data_base64", "\"bm8gSlNPTg==\"")]
    [InlineData("application/octet-stream", "plain", "data_base64", "\"cGxhaW4=\"")]
    [InlineData("", "plain", "data_base64", "\"cGxhaW4=\"")]
    [InlineData("no media type", "plain", "data_base64", "\"cGxhaW4=\"")]
    public async Task Data_is_what_its_content_type_says_or_bytes(
        string contentType, string payload, string member, string value)
    {
        await AppendAsync($"{{\"payload\":\"{payload}\",\"content_type\":\"{contentType}\"}}");
        JsonElement one = await GetAsync("/v1/entries/1", "application/cloudevents+json");
        Assert.Equal(value, one.GetProperty(member).GetRawText());
        Assert.Equal(
            contentType.Contains('/', StringComparison.Ordinal),
            one.TryGetProperty("datacontenttype", out _));
        Assert.False(one.TryGetProperty(member == "data" ? "data_base64" : "data", out _));
    }

    [Fact]
    public async Task A_range_is_a_batch_with_a_link_to_the_next_one()
    {
        for (int i = 0; i < 3; i++) await AppendAsync($"{{\"payload\":\"{i}\"}}");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/entries?limit=2");
        request.Headers.Add("Accept", "application/cloudevents-batch+json");
        using HttpResponseMessage answer = await _gateway.Http.SendAsync(request);
        Assert.Equal(
            "application/cloudevents-batch+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(
            "</v1/entries?from=2&limit=2>; rel=\"next\"", answer.Headers.GetValues("Link").Single());
        JsonElement batch = await TestGateway.ReadJsonAsync(answer);
        Assert.Equal(
            ["sequencer.statement", "sequencer.entry"],
            batch.EnumerateArray().Select(e => Text(e, "type")));
        Assert.Equal(
            JsonValueKind.Array,
            (await GetAsync("/v1/entries?from=99", "application/cloudevents-batch+json")).ValueKind);
    }

    [Fact]
    public async Task A_subscription_gives_events_where_they_are_asked_for()
    {
        await AppendAsync("{\"payload\":\"{\\\"a\\\":\\n1}\",\"content_type\":\"application/json\"}");
        using EventLines events = await EventLines.OpenAsync(
            _gateway.Http, "/v1/entries?from=1&format=cloudevents");
        SentEvent one = (await events.RecordsAsync(1))[0];
        string expected = (await GetAsync("/v1/entries/1", "application/cloudevents+json")).GetRawText();
        Assert.Equal(("entry", "1", expected), (one.Name, one.Id, one.Data));
    }

    private async Task AppendAsync(string json)
    {
        using HttpResponseMessage answer =
            await _gateway.PostAsync("/v1/entries", json, "application/json");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    private async Task<JsonElement> GetAsync(string path, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept", accept);
        using HttpResponseMessage answer = await _gateway.Http.SendAsync(request);
        Assert.Equal(accept, answer.Content.Headers.ContentType!.MediaType);
        return await TestGateway.ReadJsonAsync(answer);
    }

    private static string? Text(JsonElement element, string name) =>
        element.GetProperty(name).GetString();
}
