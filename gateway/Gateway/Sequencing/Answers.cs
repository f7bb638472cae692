namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Answers that are ready at the same moment, on their way to those who wait. Continuations are HTTP
/// handlers, which must not run on the writer's threads; and many to an item of the thread pool, since to
/// hand over each alone costs more than to write it.
/// </summary>
internal sealed class Answers
{
    // So many on average for each thread that may give them.
    private const int ShareMax = 32;

    private readonly List<Submission> _ready = [];

    /// <summary>Settles an answer, unless there is one, to be given by <see cref="Give"/>.</summary>
    public void Add(Submission submission, AppendResult result)
    {
        if (submission.TrySettle(result)) _ready.Add(submission);
    }

    /// <summary>Gives all that were settled, and is empty again.</summary>
    public void Give()
    {
        if (_ready.Count == 0) return;
        var round = new Round([.. _ready]);
        // Two at least where there are two: a caller whose handler takes long holds up no other.
        int threads = Math.Min(_ready.Count, 2 + _ready.Count / ShareMax);
        for (int i = 0; i < threads; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(round, preferLocal: false);
        }
        _ready.Clear();
    }

    // Run by several threads at once; each takes the next that none has taken.
    private sealed class Round(Submission[] settled) : IThreadPoolWorkItem
    {
        private int _next = -1;

        public void Execute()
        {
            int at;
            while ((at = Interlocked.Increment(ref _next)) < settled.Length) settled[at].Answer();
        }
    }
}
