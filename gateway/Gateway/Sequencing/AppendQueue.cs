using Sequencer.Gateway.Metrics;

namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// The line of submissions before the writer, bounded in count, and in bytes by the reservation
/// that each comes with. Closed while there is no writer, and then says why.
/// </summary>
/// <param name="submissionsMax">Most that wait.</param>
/// <param name="metrics">What is counted.</param>
/// <param name="time">Says how long ago it was busy; the system's unless a test has its own.</param>
public sealed class AppendQueue(
    int submissionsMax, GatewayMetrics metrics, TimeProvider? time = null)
{
    // The line is busy for so long after an answer that came while so many waited. A line that is not
    // answered leaves the processors to others.
    private const int BusyFrom = 4;
    private static readonly TimeSpan BusyFor = TimeSpan.FromMilliseconds(250);

    // What an entry costs besides its bytes: a record, its hashes, an answer.
    private const int EntryBytes = 512;

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    // A line for each life of the writer: what comes after its end meets a closed one.
    private volatile AppendLine _line = AppendLine.Closed();
    private volatile int _closedBecause = (int)AppendFailure.EnclaveUnavailable;
    private int _waiting;
    private long _volume;
    private long _busyAt = long.MinValue;

    /// <summary>Whether many append, and are answered: then what is no append had better wait.
    /// </summary>
    public bool IsBusy
    {
        get
        {
            long since = Volatile.Read(ref _busyAt);
            return since != long.MinValue && _time.GetElapsedTime(since) < BusyFor;
        }
    }

    /// <summary>What was answered so far: the bytes of entries, and 512 more for each.</summary>
    public long Volume => Volatile.Read(ref _volume);

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
        AppendLine line = _line;
        if (!line.TryJoin(submission))
        {
            bool isFull = !line.IsClosed && ReferenceEquals(line, _line)
                && _closedBecause == (int)AppendFailure.None;
            return AppendResult.Failed(isFull ? AppendFailure.Overloaded : ReasonClosed());
        }
        metrics.QueueDepthChanged(submission.Count);
        Interlocked.Increment(ref _waiting);
        AppendResult result = await submission.Completion;
        Interlocked.Add(ref _volume, submission.Bytes + EntryBytes * submission.Count);
        if (Interlocked.Decrement(ref _waiting) >= BusyFrom - 1)
        {
            Volatile.Write(ref _busyAt, _time.GetTimestamp());
        }
        metrics.QueueDepthChanged(-submission.Count);
        if (submission.Level == Acknowledgement.Durable)
        {
            metrics.Answered(TimeProvider.System.GetElapsedTime(since));
        }
        return result;
    }

    /// <summary>Opens a new line for a writer.</summary>
    internal AppendLine Open()
    {
        var line = new AppendLine(submissionsMax);
        _line = line;
        _closedBecause = (int)AppendFailure.None;
        return line;
    }

    /// <summary>Takes nothing more; what is in line stays there for the writer to finish.</summary>
    internal void Close(AppendFailure because)
    {
        _closedBecause = (int)because;
        _line.Close();
    }

    /// <summary>Takes nothing more, and answers what is in line.</summary>
    internal void CloseAndFail(AppendFailure because)
    {
        Close(because);
        var answers = new Answers();
        while (_line.TryTake(out Submission? submission))
        {
            answers.Add(submission!, AppendResult.Failed(because));
        }
        answers.Give();
    }

    private AppendFailure ReasonClosed() =>
        _closedBecause == (int)AppendFailure.None
            ? AppendFailure.EnclaveUnavailable
            : (AppendFailure)_closedBecause;
}
