using System.Globalization;
using System.Net;
using Sequencer.Attestation;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Tests.Http;
using Sequencer.Keys;

namespace Sequencer.Gateway.Tests.Access;

public sealed class LimitTests
{
    [Fact]
    public void No_second_gets_more_than_its_rate_and_one_of_before()
    {
        Random random = Seeded.Random(out int seed);
        for (int round = 0; round < 200; round++)
        {
            long rate = random.Next(1, 50), now = 0;
            var bucket = new TokenBucket();
            var taken = new List<(long At, long Cost)>();
            for (int i = 0; i < 300; i++)
            {
                now += random.NextInt64(0, TimeSpan.TicksPerSecond / 4);
                long cost = random.Next(1, 4);
                TimeSpan wait = bucket.Take(cost, rate, now);
                if (wait == TimeSpan.Zero)
                {
                    taken.Add((now, cost));
                    continue;
                }
                // Exact: not a tick sooner, and then.
                TokenBucket early = bucket, then = bucket;
                Assert.NotEqual(TimeSpan.Zero, early.Wait(rate, now + wait.Ticks - 1));
                Assert.Equal(TimeSpan.Zero, then.Wait(rate, now + wait.Ticks));
            }
            // Over any stretch: what was saved up, what came in, and one overdraft.
            for (int from = 0; from < taken.Count; from += 7)
            {
                long sum = 0;
                for (int to = from; to < taken.Count; to++)
                {
                    sum += taken[to].Cost;
                    double seconds = (taken[to].At - taken[from].At) / (double)TimeSpan.TicksPerSecond;
                    Assert.True(sum <= rate * (seconds + 1) + 3, $"SEQUENCER_SEED={seed}, round {round}");
                }
            }
        }
    }

    [Fact]
    public void Tenants_who_rest_are_forgotten_and_those_made_up_do_not_fill_the_memory()
    {
        var time = new SettableTime();
        var allowances = new TenantAllowances(time);
        var limits = new TenantLimits(1, 0);
        var context = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        for (int i = 0; i < TenantAllowances.TenantsMax; i++)
        {
            Assert.Null(allowances.TakeRequest(context, Tenant(i), limits));
        }
        Assert.NotNull(allowances.TakeRequest(context, Tenant(-1), limits));
        Assert.Equal(TenantAllowances.TenantsMax, allowances.Count);
        // Those who used up their second are known all the while.
        Assert.NotNull(allowances.TakeRequest(context, Tenant(0), limits));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(allowances.TakeRequest(context, Tenant(0), limits));
        Assert.Null(allowances.TakeRequest(context, Tenant(-1), limits));
        Assert.Equal(2, allowances.Count);
        Assert.NotNull(allowances.TakeRequest(context, Tenant(0), limits));
    }

    [Fact]
    public async Task A_tenant_waits_as_long_as_it_is_told_and_others_do_not()
    {
        string keys = GuardedGateway.Keys
            + "[tenant.alice]\nrequests-per-second = 4\n[tenant.bob]\nrequests-per-second = 0\n";
        await using GuardedGateway guarded = await GuardedGateway.StartAsync(
            keys, access => access with { Limits = new TenantLimits(1, 0) });
        for (int i = 0; i < 4; i++) await guarded.AppendAsync(GuardedGateway.Alice, "x");
        using HttpResponseMessage limited =
            await guarded.PostAsync("/v1/entries", GuardedGateway.AliceReads, "x");
        Assert.Equal(HttpStatusCode.Forbidden, limited.StatusCode);
        using HttpResponseMessage waits = await guarded.PostAsync("/v1/entries", GuardedGateway.Alice, "x");
        await AppendTests.AssertProblemAsync(waits, "rate-limited", 429);
        Assert.Equal("1", waits.Headers.GetValues("Retry-After").Single());
        for (int i = 0; i < 10; i++) await guarded.AppendAsync(GuardedGateway.Bob, "x");
        guarded.Time.Advance(TimeSpan.FromSeconds(0.25) - TimeSpan.FromTicks(1));
        Assert.Equal(429, await StatusAsync(guarded, "x"));
        guarded.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(201, await StatusAsync(guarded, "x"));
        using HttpResponseMessage metrics = await guarded.GetAsync("/metrics", GuardedGateway.Bob);
        Assert.Contains(
            "sequencer_problems_total{problem=\"rate-limited\"} 2\n", await metrics.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_are_limited_and_none_is_too_long_for_ever()
    {
        await using GuardedGateway guarded = await GuardedGateway.StartAsync(
            adjust: access => access with { Limits = new TenantLimits(0, 100) });
        // Ten times what a second allows: taken, and paid for afterwards.
        Assert.Equal(201, await StatusAsync(guarded, new string('x', 1000)));
        using HttpResponseMessage waits = await guarded.PostAsync("/v1/entries", GuardedGateway.Alice, "y");
        await AppendTests.AssertProblemAsync(waits, "rate-limited", 429);
        int seconds = int.Parse(waits.Headers.GetValues("Retry-After").Single(), CultureInfo.InvariantCulture);
        Assert.Equal(10, seconds);
        // Reading is no append.
        await guarded.JsonAsync("/v1/entries/1", GuardedGateway.Alice);
        guarded.Time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(429, await StatusAsync(guarded, "y"));
        Assert.Equal(429, await BatchStatusAsync(guarded));
        guarded.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, await BatchStatusAsync(guarded));
    }

    [Fact]
    public async Task Where_nobody_is_told_apart_the_limits_hold_for_all_together()
    {
        var time = new SettableTime();
        await using TestGateway gateway = await TestGateway.StartAsync(s => s with
        {
            Access = s.Access with { Limits = new TenantLimits(2, 0), Time = time },
        });
        await using var enclave = new TestEnclave(gateway.SocketPath);
        await gateway.WaitForReadinessAsync();
        await gateway.GetJsonAsync("/v1/entries");
        await gateway.GetJsonAsync("/v1/entries");
        using HttpResponseMessage limited = await gateway.Http.GetAsync("/v1/entries");
        await AppendTests.AssertProblemAsync(limited, "rate-limited", 429);
        time.Advance(TimeSpan.FromSeconds(1));
        await gateway.GetJsonAsync("/v1/entries");
    }

    private static async Task<int> StatusAsync(GuardedGateway guarded, string payload)
    {
        using HttpResponseMessage response =
            await guarded.PostAsync("/v1/entries", GuardedGateway.Alice, payload);
        return (int)response.StatusCode;
    }

    private static async Task<int> BatchStatusAsync(GuardedGateway guarded)
    {
        using HttpResponseMessage response = await guarded.PostAsync(
            "/v1/entries:batch", GuardedGateway.Alice, """{"payload":"x"}""", "application/x-ndjson");
        return (int)response.StatusCode;
    }

    private static Digest Tenant(int i) => Caller.For($"tenant {i}", Scopes.None).Tenant;
}
