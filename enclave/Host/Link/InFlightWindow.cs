namespace Sequencer.Enclave.Host.Link;

/// <summary>
/// Bounds the requests of one connection that are not yet answered, in number and in the bytes that
/// they and their answers take. One task enters; another leaves.
/// </summary>
internal sealed class InFlightWindow(int requestsMax, int bytesMax)
{
    private readonly Lock _gate = new();
    private int _requests;
    private long _bytes;
    private TaskCompletionSource? _left;

    /// <summary>
    /// Waits until a request fits. One that is longer than the limit fits when it is alone.
    /// </summary>
    public async ValueTask EnterAsync(int bytes, CancellationToken cancellation)
    {
        while (true)
        {
            Task left;
            lock (_gate)
            {
                if (_requests == 0 || (_requests < requestsMax && _bytes + bytes <= bytesMax))
                {
                    _requests++;
                    _bytes += bytes;
                    return;
                }
                _left = new TaskCompletionSource(
                    TaskCreationOptions.RunContinuationsAsynchronously);
                left = _left.Task;
            }
            await left.WaitAsync(cancellation);
        }
    }

    /// <summary>A request of so many bytes was answered.</summary>
    public void Leave(int bytes)
    {
        TaskCompletionSource? left;
        lock (_gate)
        {
            _requests--;
            _bytes -= bytes;
            left = _left;
            _left = null;
        }
        left?.SetResult();
    }
}
