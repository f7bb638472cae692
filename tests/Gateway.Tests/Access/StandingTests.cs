using System.Net;
using System.Text.Json;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Tests.Http;

namespace Sequencer.Gateway.Tests.Access;

/// <summary>An answer that takes long ends when its caller would no longer be let in.</summary>
public sealed class StandingTests
{
    private static readonly SubscriberSettings Lively =
        new() { Heartbeat = TimeSpan.FromMilliseconds(100) };

    [Fact]
    public async Task A_subscription_ends_when_its_key_is_taken_away_and_tells_nothing_more()
    {
        await using GuardedGateway guarded = await GuardedGateway.StartAsync();
        using EventLines events = await EventLines.OpenAsync(
            guarded.Gateway.Http, "/v1/entries?from=0", secret: GuardedGateway.AliceReads);
        using EventLines other = await EventLines.OpenAsync(
            guarded.Gateway.Http, "/v1/entries?from=0", secret: GuardedGateway.Alice);
        await events.RecordsAsync(1);
        await other.RecordsAsync(1);
        await ReplaceAsync(guarded, GuardedGateway.Keys.Replace("alice-2", "alice-9", StringComparison.Ordinal));
        await guarded.AppendAsync(GuardedGateway.Alice, "still there");
        Assert.Single(await events.RecordsAsync(1));
        string without = string.Concat(GuardedGateway.Keys.Split("\n[")
            .Select((table, i) => (i == 0 ? "" : "\n[") + table)
            .Where(table => !table.Contains("alice-2", StringComparison.Ordinal)));
        await ReplaceAsync(guarded, without);
        await guarded.AppendAsync(GuardedGateway.Alice, "secret");
        await AssertEndAsync(events);
        Assert.Equal(2, (await other.RecordsAsync(2)).Count);
    }

    [Fact]
    public async Task A_silent_subscription_of_a_key_without_the_scope_ends_at_its_next_sign_of_life()
    {
        await using GuardedGateway guarded = await GuardedGateway.StartAsync(subscribers: Lively);
        using EventLines events = await EventLines.OpenAsync(
            guarded.Gateway.Http, "/v1/entries?type=none", secret: GuardedGateway.AliceReads);
        await events.CommentAsync();
        await ReplaceAsync(guarded, GuardedGateway.Keys.Replace(
            "scopes = [\"read\"]", "scopes = [\"append\"]", StringComparison.Ordinal));
        await AssertEndAsync(events);
    }

    [Fact]
    public async Task A_secret_that_is_given_to_another_tenant_reads_on_for_nobody()
    {
        await using GuardedGateway guarded = await GuardedGateway.StartAsync(subscribers: Lively);
        using EventLines events = await EventLines.OpenAsync(
            guarded.Gateway.Http, "/v1/entries?type=none", secret: GuardedGateway.AliceReads);
        await events.CommentAsync();
        await ReplaceAsync(guarded, GuardedGateway.Keys.Replace(
            "tenant = \"alice\"", "tenant = \"carol\"", StringComparison.Ordinal));
        await AssertEndAsync(events);
    }

    [Fact]
    public async Task A_subscription_ends_with_its_token()
    {
        await using GuardedGateway guarded = await GuardedGateway.StartAsync(subscribers: Lively);
        using EventLines events = await EventLines.OpenAsync(
            guarded.Gateway.Http, "/v1/entries?type=none", secret: SignedToken.OfEc(guarded.Claims("alice")));
        await events.CommentAsync();
        guarded.Time.Advance(TimeSpan.FromSeconds(3599));
        await events.CommentAsync();
        guarded.Time.Advance(TimeSpan.FromSeconds(1));
        await AssertEndAsync(events);
    }

    [Fact]
    public async Task A_wait_that_outlives_its_key_gets_nothing()
    {
        await using GuardedGateway guarded = await GuardedGateway.StartAsync();
        Task<HttpResponseMessage> waiting = guarded.SendAsync(
            HttpMethod.Get, "/v1/entries?from=1", GuardedGateway.AliceReads,
            request => request.Headers.Add("Prefer", "wait=60"));
        await guarded.WaitForReadersAsync(1);
        await ReplaceAsync(guarded, GuardedGateway.KeyOf(
            "alice", "alice-1", GuardedGateway.Alice, Sequencer.Keys.Scopes.Append));
        await guarded.AppendAsync(GuardedGateway.Alice, "secret");
        using HttpResponseMessage response = await waiting;
        await AppendTests.AssertProblemAsync(response, "unauthorized", 401);
    }

    [Fact]
    public async Task No_tenant_takes_the_places_of_all_others()
    {
        await using GuardedGateway guarded = await GuardedGateway.StartAsync(
            GuardedGateway.Keys + "[tenant.alice]\nsubscribers-max = 2\n");
        HttpClient http = guarded.Gateway.Http;
        using EventLines first = await EventLines.OpenAsync(
            http, "/v1/entries", secret: GuardedGateway.AliceReads);
        EventLines second = await EventLines.OpenAsync(
            http, "/v1/entries", secret: GuardedGateway.Alice);
        using EventLines refused = await EventLines.OpenAsync(
            http, "/v1/entries", secret: GuardedGateway.Alice);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.Response.StatusCode);
        JsonElement problem = await refused.ProblemAsync();
        Assert.Equal("urn:sequencer:problem:rate-limited", problem.GetProperty("type").GetString());
        using EventLines other = await EventLines.OpenAsync(
            http, "/v1/entries", secret: GuardedGateway.Bob);
        Assert.Equal(HttpStatusCode.OK, other.Response.StatusCode);
        second.Dispose();
        await guarded.WaitForReadersAsync(2);
        using EventLines again = await EventLines.OpenAsync(
            http, "/v1/entries", secret: GuardedGateway.Alice);
        Assert.Equal(HttpStatusCode.OK, again.Response.StatusCode);
    }

    private static async Task ReplaceAsync(GuardedGateway guarded, string keys)
    {
        await File.WriteAllTextAsync(guarded.KeysPath, keys);
        guarded.RefreshAccess();
    }

    private static async Task AssertEndAsync(EventLines events)
    {
        SentEvent? end;
        do
        {
            end = await events.NextAsync();
            Assert.NotNull(end);
        }
        while (end.Name is "checkpoint");
        Assert.Equal("end", end.Name);
        Assert.Equal("unauthorized", end.Json.GetProperty("reason").GetString());
        Assert.Null(await events.NextAsync());
    }
}
