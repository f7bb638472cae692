using Sequencer.Gateway.Http;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Tests.Access;

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

    [Fact]
    public async Task A_line_is_busy_when_one_of_four_is_answered_and_not_while_none_is()
    {
        var queue = new AppendQueue(8, _metrics, new SettableTime());
        for (int count = 3; count <= 4; count++)
        {
            AppendLine line = queue.Open();
            Task<AppendResult>[] waiting =
                [.. Enumerable.Range(0, count).Select(_ => AppendAsync(queue, 1))];
            Assert.False(queue.IsBusy);
            Assert.True(line.TryTake(out Submission? first));
            long before = queue.Volume;
            Assert.True(first!.TrySettle(AppendResult.Failed(AppendFailure.DiskFull)));
            first.Answer();
            await waiting[0];
            Assert.True(queue.Volume > before);
            if (count < 4) Assert.False(queue.IsBusy);
            queue.CloseAndFail(AppendFailure.ShuttingDown);
            await Task.WhenAll(waiting);
        }
        Assert.True(queue.IsBusy);
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
