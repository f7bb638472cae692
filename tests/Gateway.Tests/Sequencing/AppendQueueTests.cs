using Sequencer.Gateway.Http;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Sequencing;

public sealed class AppendQueueTests : IDisposable
{
    private readonly GatewayMetrics _metrics = new();
    private readonly ByteBudget _budget = new(1000);

    [Fact]
    public async Task A_closed_line_says_why_and_what_was_in_it_is_answered()
    {
        var queue = new AppendQueue(4, _metrics);
        Assert.Equal(AppendFailure.EnclaveUnavailable, (await AppendAsync(queue, 1)).Failure);
        queue.Open();
        Task<AppendResult> waiting = AppendAsync(queue, 1);
        queue.CloseAndFail(AppendFailure.ShuttingDown);
        Assert.Equal(AppendFailure.ShuttingDown, (await waiting).Failure);
        Assert.Equal(AppendFailure.ShuttingDown, (await AppendAsync(queue, 1)).Failure);
        Assert.Equal(
            ("shutting-down", 503),
            (Problem.Of(AppendFailure.ShuttingDown).Meaning.Name,
                Problem.Of(AppendFailure.ShuttingDown).Meaning.Status));
        Assert.Equal(0, _budget.Taken);
    }

    [Fact]
    public async Task The_line_is_bounded_in_count_and_in_bytes()
    {
        var queue = new AppendQueue(2, _metrics);
        queue.Open();
        Task<AppendResult> first = AppendAsync(queue, 400);
        Assert.Equal(AppendFailure.Overloaded, (await AppendAsync(queue, 601)).Failure);
        Task<AppendResult> second = AppendAsync(queue, 1);
        Assert.Equal(AppendFailure.Overloaded, (await AppendAsync(queue, 1)).Failure);
        queue.CloseAndFail(AppendFailure.StoreFailed);
        Assert.Equal(AppendFailure.StoreFailed, (await first).Failure);
        Assert.Equal(AppendFailure.StoreFailed, (await second).Failure);
    }

    public void Dispose() => _metrics.Dispose();

    private async Task<AppendResult> AppendAsync(AppendQueue queue, int bytes)
    {
        using ByteReservation room = _budget.Open();
        return await queue.AppendAsync(Make(bytes), room);
    }

    private static Submission Make(int bytes) =>
        new([new PayloadItem(default, default, new byte[bytes])], isAtomic: true);
}
