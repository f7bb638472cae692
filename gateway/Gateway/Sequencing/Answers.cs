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

    private readonly List<(Submission Submission, AppendResult Result)> _ready = [];

    /// <summary>Adds one; it is not given before <see cref="Give"/>.</summary>
    public void Add(Submission submission, AppendResult result) => _ready.Add((submission, result));

    /// <summary>Gives all that were added, and is empty again.</summary>
    public void Give()
    {
        for (int at = 0; at < _ready.Count; at += ItemMax)
        {
            var item = new Item([.. _ready.Slice(at, Math.Min(ItemMax, _ready.Count - at))]);
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
        }
        _ready.Clear();
    }

    private sealed class Item((Submission Submission, AppendResult Result)[] answers)
        : IThreadPoolWorkItem
    {
        public void Execute()
        {
            foreach ((Submission submission, AppendResult result) in answers)
            {
                submission.Complete(result);
            }
        }
    }
}
