using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sequencer.Gateway.Http;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Tests;

namespace Sequencer.Witness.Tests.Fence;

/// <summary>What <c>ack=witnessed</c> is told when its witnesses do not come.</summary>
public sealed class WitnessWaitTests
{
    [Theory]
    [InlineData(OutcomeStatus.Appended)]
    [InlineData(OutcomeStatus.Replayed)]
    [InlineData(OutcomeStatus.Refused)]
    public async Task Only_of_what_is_in_the_log_a_caller_is_told_that_it_is(OutcomeStatus status)
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        log.Reach(Reach.Away);
        await log.AppendAsync("durable", "durable");
        PipelineState state = log.Gateway.Services.GetRequiredService<PipelineState>();
        var outcome = new Outcome(status, RefusalReason.Guard, 0, Number: 1, Actual: 0);
        var result = new AppendResult(
            AppendFailure.None, [new SequencedEntry(outcome, default)], state.View);
        (AppendResult told, Problem? problem) = await new WitnessWait(
            state, TimeSpan.Zero, TimeProvider.System)
            .CoverAsync(Acknowledgement.Witnessed, result, default);
        Assert.Same(result, told);
        Assert.Equal(
            status == OutcomeStatus.Refused ? null : ProblemKind.NotYetWitnessed, problem?.Kind);
        Assert.Equal(status == OutcomeStatus.Refused ? null : 1ul, problem?.Number);
    }

    [Theory]
    [InlineData(OutcomeStatus.Appended, ProblemKind.NotYetWitnessed)]
    [InlineData(OutcomeStatus.Refused, ProblemKind.ShuttingDown)]
    public async Task Nobody_waits_for_witnesses_of_a_log_that_has_ended(
        OutcomeStatus status, ProblemKind kind)
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        log.Reach(Reach.Away);
        await log.AppendAsync("durable", "durable");
        PipelineState state = log.Gateway.Services.GetRequiredService<PipelineState>();
        var outcome = new Outcome(status, RefusalReason.Guard, 0, Number: 1, Actual: 0);
        var result = new AppendResult(
            AppendFailure.None, [new SequencedEntry(outcome, default)], state.View);
        Task<(AppendResult, Problem? Problem)> waiting = new WitnessWait(
            state, TimeSpan.FromDays(1), TimeProvider.System)
            .CoverAsync(Acknowledgement.Witnessed, result, default);
        Assert.False(waiting.IsCompleted);
        state.ShowDrained();
        Assert.Equal(kind, (await waiting).Problem?.Kind);
    }

    [Fact]
    public async Task What_was_witnessed_before_is_told_again_while_the_witnesses_are_away()
    {
        await using WitnessedLogFixture log = await WitnessedLogFixture.StartAsync(4, 3);
        await AppendAsync();
        log.Reach(Reach.Away);
        await log.AppendAsync("durable", "durable");
        JsonElement again = await AppendAsync();
        Assert.True(log.Verify(again).IsGood);

        async Task<JsonElement> AppendAsync()
        {
            using HttpResponseMessage answer = await log.Gateway.PostAsync(
                "/v1/entries?ack=witnessed", "witnessed", headers: ("Idempotency-Key", "k"));
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            return await TestGateway.ReadJsonAsync(answer);
        }
    }
}
