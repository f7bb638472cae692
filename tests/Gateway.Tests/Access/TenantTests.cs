using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sequencer.Gateway.Tests.Http;

namespace Sequencer.Gateway.Tests.Access;

public sealed class TenantTests : IAsyncLifetime
{
    private const string Full = """
        {"payload":"of alice","type":"placed","content_type":"text/x","metadata":{"k":"v"},"stream":"orders"}
        """;

    private static readonly string[] BesideTheRecord =
        ["type", "content_type", "metadata", "stream", "version"];

    private GuardedGateway _guarded = null!;

    public async Task InitializeAsync()
    {
        _guarded = await GuardedGateway.StartAsync();
        using HttpResponseMessage response = await _guarded.PostAsync(
            "/v1/entries", GuardedGateway.Alice, Full, "application/json");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    public async Task DisposeAsync() => await _guarded.DisposeAsync();

    [Fact]
    public async Task What_travels_beside_a_record_is_its_tenants()
    {
        foreach (string path in (string[])
            ["/v1/entries/1", "/v1/entries?from=1", "/v1/entries?from=1&accept=lines"])
        {
            JsonElement own = await EntryAsync(path, GuardedGateway.AliceReads);
            JsonElement other = await EntryAsync(path, GuardedGateway.Bob);
            foreach (string name in BesideTheRecord)
            {
                Assert.True(own.TryGetProperty(name, out _), name);
                Assert.False(other.TryGetProperty(name, out _), name);
            }
            foreach (string name in (string[])["record", "payload_digest", "tenant", "request_digest", "leaf_hash"])
            {
                Assert.Equal(own.GetProperty(name).GetString(), other.GetProperty(name).GetString());
            }
        }
        foreach (string path in (string[])
            ["/v1/entries/1/payload", "/v1/entries/1/receipt", "/v1/entries/1/receipt?format=tlog-proof"])
        {
            using HttpResponseMessage own = await _guarded.GetAsync(path, GuardedGateway.AliceReads);
            Assert.Equal(HttpStatusCode.OK, own.StatusCode);
            Assert.True(own.Headers.CacheControl is { NoCache: true } or { NoStore: true });
            Assert.Contains("Authorization", own.Headers.Vary);
            using HttpResponseMessage other = await _guarded.GetAsync(path, GuardedGateway.Bob);
            await AppendTests.AssertProblemAsync(other, "forbidden", 403);
        }
        // A statement's receipt has nothing of anybody's: who drafts a policy needs it.
        using HttpResponseMessage genesis = await _guarded.GetAsync("/v1/entries/0/receipt", GuardedGateway.Bob);
        Assert.Equal(HttpStatusCode.OK, genesis.StatusCode);
    }

    [Theory]
    [InlineData("/v1/streams/orders/entries", "application/json", true)]
    [InlineData("/v1/streams/orders/entries", "application/x-ndjson", true)]
    [InlineData("/v1/streams/orders/entries?payload=false", "application/json", false)]
    [InlineData("/v1/entries?payload=true", "application/json", true)]
    [InlineData("/v1/entries?type=placed", "application/cloudevents-batch+json", true)]
    [InlineData("/v1/entries/1", "application/cloudevents+json", true)]
    [InlineData("/v1/entries/1", "application/json", false)]
    [InlineData("/v1/entries", "application/json", false)]
    [InlineData("/v1/streams", "application/json", false)]
    [InlineData("/v1/streams/orders", "application/json", false)]
    [InlineData("/v1/entries/1/payload", "*/*", true)]
    public async Task No_cache_keeps_a_payload_or_shares_an_answer(
        string path, string accept, bool hasPayload)
    {
        using HttpResponseMessage response = await _guarded.SendAsync(
            HttpMethod.Get, path, GuardedGateway.Alice, r => r.Headers.Add("Accept", accept));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        string text = await response.Content.ReadAsStringAsync();
        Assert.Equal(hasPayload, text.Contains("of alice", StringComparison.Ordinal));
        Assert.NotNull(response.Headers.CacheControl);
        Assert.True(response.Headers.CacheControl.Private || response.Headers.CacheControl.NoStore);
        Assert.Equal(hasPayload, response.Headers.CacheControl.NoStore);
        Assert.Contains("Authorization", response.Headers.Vary);
    }

    [Fact]
    public async Task The_log_itself_is_every_readers()
    {
        foreach (string path in (string[])
            [
                "/v1/checkpoint", "/v1/tile/entries/000.p/2", "/v1/tile/0/000.p/2", "/v1/epochs",
                "/v1/proofs/inclusion?number=1", "/v1/attestation",
            ])
        {
            using HttpResponseMessage own = await _guarded.GetAsync(path, GuardedGateway.Alice);
            using HttpResponseMessage other = await _guarded.GetAsync(path, GuardedGateway.Bob);
            Assert.Equal(HttpStatusCode.OK, other.StatusCode);
            Assert.Equal(
                await own.Content.ReadAsByteArrayAsync(), await other.Content.ReadAsByteArrayAsync());
            Assert.False(other.Headers.CacheControl?.Public ?? false);
        }
    }

    [Fact]
    public async Task A_payload_is_found_among_the_own_entries_alone()
    {
        string search = "/v1/entries?limit=2&payload_digest="
            + Convert.ToHexStringLower(SHA256.HashData("of alice"u8));
        long own = await _guarded.AppendAsync(GuardedGateway.Bob, "of alice");
        Assert.Equal(2, own);
        for (int i = 0; i < 3; i++) await _guarded.AppendAsync(GuardedGateway.Alice, "of alice");
        // The others' do not use up the limit either.
        Assert.Equal<long[]>([2], await NumbersAsync(search, GuardedGateway.Bob));
        Assert.Equal<long[]>([5, 4], await NumbersAsync(search, GuardedGateway.Alice));
        Assert.Empty(await NumbersAsync(search, SignedToken.OfEc(_guarded.Claims("carol"))));
    }

    [Fact]
    public async Task Keys_and_streams_of_two_tenants_do_not_meet()
    {
        using HttpResponseMessage first = await SendAsync(GuardedGateway.Alice, "a");
        using HttpResponseMessage other = await SendAsync(GuardedGateway.Bob, "b");
        Assert.Equal(HttpStatusCode.Created, other.StatusCode);
        Assert.False(other.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal("\"1\"", other.Headers.ETag!.ToString());
        // The same tenant by another of its keys, or by a token, is the same tenant.
        using HttpResponseMessage again = await SendAsync(SignedToken.OfRsa(_guarded.Claims("alice")), "a");
        Assert.True(again.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal(first.Headers.Location, again.Headers.Location);
        using HttpResponseMessage conflict = await SendAsync(GuardedGateway.Alice, "c");
        await AppendTests.AssertProblemAsync(conflict, "idempotency-conflict", 422);
    }

    private Task<HttpResponseMessage> SendAsync(string secret, string payload) =>
        _guarded.PostAsync("/v1/entries?stream=shared", secret, payload, key: "key-1");

    private async Task<JsonElement> EntryAsync(string path, string secret)
    {
        if (path.EndsWith("lines", StringComparison.Ordinal))
        {
            using HttpResponseMessage lines = await _guarded.SendAsync(
                HttpMethod.Get, "/v1/entries?from=1", secret,
                r => r.Headers.Add("Accept", "application/x-ndjson"));
            using JsonDocument line = JsonDocument.Parse(await lines.Content.ReadAsStringAsync());
            return line.RootElement.Clone();
        }
        JsonElement answer = await _guarded.JsonAsync(path, secret);
        return answer.TryGetProperty("entries", out JsonElement entries) ? entries[0] : answer;
    }

    private async Task<long[]> NumbersAsync(string path, string secret) =>
    [
        .. (await _guarded.JsonAsync(path, secret)).GetProperty("entries").EnumerateArray()
            .Select(e => e.GetProperty("number").GetInt64()),
    ];
}
