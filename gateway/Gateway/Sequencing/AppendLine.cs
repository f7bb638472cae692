namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Submissions that wait for one life of the writer, in the order of arrival; and when it takes them up:
/// at once while nothing is under way, otherwise when as many wait as are under way, and never more than
/// two batches at a time.
/// </summary>
/// <remarks>
/// A batch costs two syncs and a turn of the enclave, whatever its size. Callers who wait for their
/// answer before they send again fall into two cohorts: one is on its way through the stages while the
/// other is answered and comes back. A batch that left as soon as the first of a cohort was back would
/// leave the rest behind, and the cohorts would crumble. There is no clock in it: nobody waits but
/// for what is under way.
/// </remarks>
/// <param name="submissionsMax">Most that wait.</param>
internal sealed class AppendLine(int submissionsMax)
{
    private const int BatchesMax = 2;

    private readonly Lock _gate = new();
    private readonly Queue<Submission> _waiting = [];
    private int _underWay;
    private int _batches;
    private bool _isClosed;
    private TaskCompletionSource<bool>? _turn;

    /// <summary>True if it takes nothing more.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate) return _isClosed;
        }
    }

    /// <summary>True while nothing waits.</summary>
    public bool HasNoneWaiting
    {
        get
        {
            lock (_gate) return _waiting.Count == 0;
        }
    }

    /// <summary>True while nothing waits and nothing is under way.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate) return _waiting.Count == 0 && _batches == 0;
        }
    }

    /// <summary>A line that takes nothing.</summary>
    public static AppendLine Closed()
    {
        var line = new AppendLine(0);
        line.Close();
        return line;
    }

    /// <summary>Puts one at the end; false if the line is full or closed.</summary>
    public bool TryJoin(Submission submission)
    {
        lock (_gate)
        {
            if (_isClosed || _waiting.Count >= submissionsMax) return false;
            _waiting.Enqueue(submission);
            Judge();
            return true;
        }
    }

    /// <summary>Takes nothing more; what waits stays there.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Judge();
        }
    }

    /// <summary>Waits until it is time for a batch. One waits at a time.</summary>
    /// <returns>False at the end: the line is closed, and nothing waits any more.</returns>
    public Task<bool> TurnAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<bool> turn = _turn.Task;
            Judge();
            return turn.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Takes as much of what waits as one batch holds.</summary>
    public Batch Take()
    {
        var batch = new Batch();
        lock (_gate)
        {
            while (_waiting.TryPeek(out Submission? next) && batch.TryAdd(next)) _waiting.Dequeue();
            _underWay += batch.Submissions.Count;
            _batches++;
        }
        return batch;
    }

    /// <summary>Takes the first that waits, for nobody but who answers it; false if none does.</summary>
    public bool TryTake(out Submission? submission)
    {
        lock (_gate) return _waiting.TryDequeue(out submission);
    }

    /// <summary>So many of a batch are answered before the others.</summary>
    public void AnsweredAhead(Batch batch, int submissions)
    {
        lock (_gate) Answered(batch, submissions);
    }

    /// <summary>All of a batch are answered.</summary>
    public void Done(Batch batch)
    {
        lock (_gate) Answered(batch, batch.Submissions.Count - batch.Answered);
    }

    private void Answered(Batch batch, int submissions)
    {
        if (submissions == 0) return;
        _underWay -= submissions;
        batch.Answered += submissions;
        if (batch.Answered == batch.Submissions.Count) _batches -= batch.Takes;
        Judge();
    }

    private void Judge()
    {
        if (_turn is null) return;
        bool isTime = _waiting.Count > 0
            && (_underWay == 0 || (_batches < BatchesMax && _waiting.Count >= _underWay));
        if (!isTime && !(_isClosed && _waiting.Count == 0)) return;
        _turn.SetResult(isTime);
        _turn = null;
    }
}
