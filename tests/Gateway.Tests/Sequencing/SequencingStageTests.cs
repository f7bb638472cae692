using System.Threading.Channels;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Tests.Sequencing;

public class SequencingStageTests
{
    [Fact]
    public async Task A_stage_that_is_cancelled_ends_before_its_standing_wait_does()
    {
        using var ending = new CancellationTokenSource();
        var line = new SilentLine();
        using var metrics = new GatewayMetrics();
        // It never gets as far as the enclave.
        var stage = new SequencingStage(
            null!, LogHead.Empty, metrics, line, () => Task.CompletedTask, snapshotRecords: 0);
        Task running = stage.RunAsync(new AppendLine(1), ending.Token);
        await line.IsWaitedFor;
        await ending.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => running.WaitAsync(TimeSpan.FromMinutes(1)));
    }

    /// <summary>A line whose waits do not even end when they are cancelled.</summary>
    private sealed class SilentLine : ChannelReader<Batch>
    {
        private readonly TaskCompletionSource _isWaitedFor = new();

        public Task IsWaitedFor => _isWaitedFor.Task;

        public override bool TryRead(out Batch item)
        {
            item = null!;
            return false;
        }

        public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default)
        {
            _isWaitedFor.TrySetResult();
            return new ValueTask<bool>(new TaskCompletionSource<bool>().Task);
        }
    }
}
