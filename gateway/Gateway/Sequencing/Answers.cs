namespace Sequencer.Gateway.Sequencing;

/// <summary>
/// Answers that are ready at the same moment, on their way to those who wait. Continuations are HTTP
/// handlers, which must not run on the writer's threads; and many to an item of the thread pool, since to
/// hand over each alone costs more than to write it.
/// </summary>
internal sealed class Answers
{
    // As many as one thread answers while another takes up the next: far less than a batch's time.
    private const int ItemMax = 64;

    private readonly List<Submission> _ready = [];

    /// <summary>Settles an answer, unless there is one, to be given by <see cref="Give"/>.</summary>
    public void Add(Submission submission, AppendResult result)
    {
        if (submission.TrySettle(result)) _ready.Add(submission);
    }

    /// <summary>Gives all that were settled, and is empty again.</summary>
    public void Give()
    {
        for (int at = 0; at < _ready.Count; at += ItemMax)
        {
            var item = new Item([.. _ready.Slice(at, Math.Min(ItemMax, _ready.Count - at))]);
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
        }
        _ready.Clear();
    }

    private sealed class Item(Submission[] settled) : IThreadPoolWorkItem
    {
        public void Execute()
        {
            foreach (Submission submission in settled) submission.Answer();
        }
    }
}
