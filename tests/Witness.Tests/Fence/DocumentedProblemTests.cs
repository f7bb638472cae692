using Sequencer.Gateway.Tests;
using Sequencer.Gateway.Tests.Documented;

namespace Sequencer.Witness.Tests.Fence;

/// <summary>Provokes the problems of docs/PROBLEMS.md that only a log with witnesses knows.</summary>
public sealed class DocumentedProblemTests
{
    [Fact]
    public async Task Witnesses_that_do_not_come_are_told_as_the_page_shows_it()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.BeginAsync(4, 3);
        await WitnessedLogFixture.WaitForProblemAsync(log.Gateway, "witnesses-behind");
        using HttpResponseMessage answer = await log.Gateway.PostAsync("/v1/entries", "early");
        await DocumentedProblems.AssertIsAsync("witnesses-behind", answer);
    }

    [Fact]
    public async Task Another_history_is_told_as_the_page_shows_it()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        await log.AppendAsync("before");
        TestGateway clone = log.Clone();
        await log.AppendAsync("after");
        await log.StartCloneAsync(clone);
        await WitnessedLogFixture.WaitForProblemAsync(clone, "witness-conflict");
        using HttpResponseMessage answer = await clone.PostAsync("/v1/entries", "forked");
        await DocumentedProblems.AssertIsAsync("witness-conflict", answer);
    }

    [Fact]
    public async Task A_wait_that_ends_without_cosignatures_is_told_as_the_page_shows_it()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        log.Reach(Reach.Away);
        Task<HttpResponseMessage> waiting =
            log.Gateway.PostAsync("/v1/entries?ack=witnessed", "durable");
        await WitnessedLogFixture.WaitForSizeAsync(log.Gateway, 2);
        // Nobody waits longer than the gateway lives.
        Task stopping = log.Gateway.StopServingAsync();
        using HttpResponseMessage answer = await waiting;
        await DocumentedProblems.AssertIsAsync("not-yet-witnessed", answer);
        await stopping;
    }
}
