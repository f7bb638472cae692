using Sequencer.Gateway.Http;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Tests.Sequencing;

public sealed class AppendQueueTests : IDisposable
{
    private readonly GatewayMetrics _metrics = new();

    [Fact]
    public async Task A_closed_line_says_why_and_what_was_in_it_is_answered()
    {
        var queue = new AppendQueue(4, 1000, _metrics);
        Assert.Equal(AppendFailure.EnclaveUnavailable, (await queue.AppendAsync(Make(1))).Failure);
        queue.Open();
        Task<AppendResult> waiting = queue.AppendAsync(Make(1));
        queue.CloseAndFail(AppendFailure.ShuttingDown);
        Assert.Equal(AppendFailure.ShuttingDown, (await waiting).Failure);
        Assert.Equal(AppendFailure.ShuttingDown, (await queue.AppendAsync(Make(1))).Failure);
        Assert.Equal(
            ("shutting-down", 503),
            (Problem.Of(AppendFailure.ShuttingDown).Meaning.Name,
                Problem.Of(AppendFailure.ShuttingDown).Meaning.Status));
        Assert.Equal(0, queue.Bytes);
    }

    [Fact]
    public async Task The_line_is_bounded_in_count_and_in_bytes()
    {
        var queue = new AppendQueue(2, 1000, _metrics);
        queue.Open();
        Task<AppendResult> first = queue.AppendAsync(Make(400));
        Assert.Equal(AppendFailure.Overloaded, (await queue.AppendAsync(Make(601))).Failure);
        Task<AppendResult> second = queue.AppendAsync(Make(1));
        Assert.Equal(AppendFailure.Overloaded, (await queue.AppendAsync(Make(1))).Failure);
        queue.CloseAndFail(AppendFailure.StoreFailed);
        Assert.Equal(AppendFailure.StoreFailed, (await first).Failure);
        Assert.Equal(AppendFailure.StoreFailed, (await second).Failure);
    }

    public void Dispose() => _metrics.Dispose();

    private static Submission Make(int bytes) =>
        new([new PayloadItem(default, default, new byte[bytes])], isAtomic: true);
}
