using System.Threading.Tasks.Sources;
using Sequencer.Attestation;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Live;

/// <summary>
/// One who waits for the log to grow. Belongs to one loop, which waits again and again without
/// allocating; <see cref="LiveReaders"/> wakes it from another thread.
/// </summary>
internal sealed class LiveReader : IValueTaskSource, IDisposable
{
    private const int Running = 0;
    private const int Waiting = 1;

    private readonly LiveReaders _readers;
    private readonly EntrySelection _selection;
    private readonly CancellationTokenRegistration _aborted;

    // A continuation that ran on the waker's thread would hold up all the others.
    private ManualResetValueTaskSourceCore<bool> _signal =
        new() { RunContinuationsAsynchronously = true };

    private int _phase = Running;
    private LogView? _read;
    private LogView? _cosigned;
    private long _until;

    internal LiveReader(
        LiveReaders readers, in Digest tenant, EntrySelection selection, CancellationToken aborted)
    {
        Tenant = tenant;
        _readers = readers;
        _selection = selection;
        _aborted = aborted.UnsafeRegister(static reader => ((LiveReader)reader!).Wake(), this);
    }

    /// <summary>Whose it is.</summary>
    internal Digest Tenant { get; }

    /// <summary>
    /// Completes when the selection has grown, when the cosigned head is another one (whole log only),
    /// at a time, when the caller is gone, or when all have to end.
    /// </summary>
    /// <param name="read">The view whose part of the selection was given out.</param>
    /// <param name="cosigned">The cosigned view that was given out.</param>
    /// <param name="until">A timestamp of the readers' clock.</param>
    public ValueTask WaitAsync(LogView read, LogView? cosigned, long until)
    {
        (_read, _cosigned, _until) = (read, cosigned, until);
        _signal.Reset();
        var waiting = new ValueTask(this, _signal.Version);
        // First waiting, then another look: what changes in between is seen by one of the two, and only
        // one of them completes the signal.
        Interlocked.Exchange(ref _phase, Waiting);
        if (_aborted.Token.IsCancellationRequested) Wake();
        _readers.Waits(this);
        return waiting;
    }

    /// <summary>Ends the wait, if there is one. Any thread.</summary>
    internal void Wake()
    {
        if (Interlocked.CompareExchange(ref _phase, Running, Waiting) == Waiting)
        {
            _signal.SetResult(true);
        }
    }

    /// <summary>Whether the wait should end.</summary>
    internal bool IsDue(LogView? view, LogView? cosigned, long now) =>
        Volatile.Read(ref _phase) == Waiting
        && (view is null
            || now >= _until
            || _selection.MayHaveGrown(_read!, view)
            || (_selection.Kind == SelectionKind.All && !ReferenceEquals(cosigned, _cosigned)));

    /// <summary>Lets another one in.</summary>
    public void Dispose()
    {
        _aborted.Dispose();
        _readers.Leave(this);
    }

    void IValueTaskSource.GetResult(short token) => _signal.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _signal.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags) =>
        _signal.OnCompleted(continuation, state, token, flags);
}
