using System.Net;

namespace Sequencer.Witness.Tests.Fence;

/// <summary>What a gateway says while an open log runs ahead of its witnesses.</summary>
public sealed class ReadinessTests
{
    [Fact]
    public async Task A_resting_log_whose_witnesses_are_away_says_that_it_takes_no_entries()
    {
        await using WitnessedLogFixture log =
            await WitnessedLogFixture.StartAsync(4, 3, secondsMax: 1);
        await log.AppendAsync("before");
        log.Reach(Reach.Away, 0, 1);
        string why = await WitnessedLogFixture.WaitForProblemAsync(log.Gateway, "witnesses-behind");
        Assert.Contains("it goes on without them for 1 at most", why, StringComparison.Ordinal);
        log.Reach(Reach.Open);
        await WitnessedLogFixture.WaitForReadinessAsync(log.Gateway);
    }

    [Fact]
    public async Task A_log_at_its_bound_in_numbers_says_that_it_takes_no_entries()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        await log.QuiesceAsync();
        log.Reach(Reach.Away, 0, 1);
        string lines = string.Concat(Enumerable.Repeat(
            "{\"payload\":\"durable\"}\n", (int)WitnessedLogFixture.NumbersMax / 2));
        for (int half = 0; half < 2; half++)
        {
            using HttpResponseMessage taken = await log.Gateway.PostAsync(
                "/v1/entries:batch", lines, "application/x-ndjson");
            Assert.True(taken.IsSuccessStatusCode);
        }
        using HttpResponseMessage answer = await log.Gateway.Http.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains(
            $"it runs ahead of them by {WitnessedLogFixture.NumbersMax} at most",
            await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        log.Reach(Reach.Open);
        await WitnessedLogFixture.WaitForReadinessAsync(log.Gateway);
    }
}
