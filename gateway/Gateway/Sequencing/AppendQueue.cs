using System.Threading.Channels;
using Sequencer.Gateway.Metrics;

namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// The line of submissions before the writer, bounded in count, and in bytes by the reservation
/// that each comes with. Closed while there is no writer, and then says why.
/// </summary>
public sealed class AppendQueue(int submissionsMax, GatewayMetrics metrics)
{
    // A line for each life of the writer: what comes after its end meets a completed channel.
    private volatile Channel<Submission> _line = ClosedLine();
    private volatile int _closedBecause = (int)AppendFailure.EnclaveUnavailable;

    /// <summary>Puts a submission in line and waits for its answer.</summary>
    /// <param name="submission">The submission.</param>
    /// <param name="room">Grown to the submission's bytes, which are in use until the answer; the
    /// caller holds it until then.</param>
    public async Task<AppendResult> AppendAsync(Submission submission, ByteReservation room)
    {
        long since = TimeProvider.System.GetTimestamp();
        if (!room.TryGrowTo(submission.Bytes))
        {
            return AppendResult.Failed(AppendFailure.Overloaded);
        }
        submission.Arrive(since);
        Channel<Submission> line = _line;
        if (!line.Writer.TryWrite(submission))
        {
            bool isFull = !line.Reader.Completion.IsCompleted && ReferenceEquals(line, _line)
                && _closedBecause == (int)AppendFailure.None;
            return AppendResult.Failed(isFull ? AppendFailure.Overloaded : ReasonClosed());
        }
        metrics.QueueDepthChanged(submission.Count);
        AppendResult result = await submission.Completion;
        metrics.QueueDepthChanged(-submission.Count);
        if (submission.Level == Acknowledgement.Durable)
        {
            metrics.Answered(TimeProvider.System.GetElapsedTime(since));
        }
        return result;
    }

    /// <summary>Opens a new line for a writer.</summary>
    internal ChannelReader<Submission> Open()
    {
        Channel<Submission> line = Channel.CreateBounded<Submission>(
            new BoundedChannelOptions(submissionsMax)
            {
                SingleReader = true,
                FullMode = BoundedChannelFullMode.Wait,
            });
        _line = line;
        _closedBecause = (int)AppendFailure.None;
        return line.Reader;
    }

    /// <summary>Takes nothing more; what is in line stays there for the writer to finish.</summary>
    internal void Close(AppendFailure because)
    {
        _closedBecause = (int)because;
        _line.Writer.TryComplete();
    }

    /// <summary>Takes nothing more, and answers what is in line.</summary>
    internal void CloseAndFail(AppendFailure because)
    {
        Close(because);
        while (_line.Reader.TryRead(out Submission? submission))
        {
            submission.Complete(AppendResult.Failed(because));
        }
    }

    private AppendFailure ReasonClosed() =>
        _closedBecause == (int)AppendFailure.None
            ? AppendFailure.EnclaveUnavailable
            : (AppendFailure)_closedBecause;

    private static Channel<Submission> ClosedLine()
    {
        Channel<Submission> line = Channel.CreateBounded<Submission>(1);
        line.Writer.Complete();
        return line;
    }
}
