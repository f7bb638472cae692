using Microsoft.Extensions.DependencyInjection;
using Sequencer.Gateway.Http;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;

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
        (AppendResult told, Problem? problem) = await new WitnessWait(state, TimeSpan.Zero)
            .CoverAsync(Acknowledgement.Witnessed, result, default);
        Assert.Same(result, told);
        Assert.Equal(
            status == OutcomeStatus.Refused ? null : ProblemKind.NotYetWitnessed, problem?.Kind);
        Assert.Equal(status == OutcomeStatus.Refused ? null : 1ul, problem?.Number);
    }
}
