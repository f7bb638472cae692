namespace Sequencer.Client.Subscriptions;

/// <summary>How long to wait between two connections: longer each time that nothing came.</summary>
internal sealed class Pauses(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(30);

    private TimeSpan _next = First;

    /// <summary>Something came.</summary>
    public void Reset() => _next = First;

    /// <summary>Waits.</summary>
    public async Task NextAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(_next, time, cancellationToken);
        _next = 2 * _next < Max ? 2 * _next : Max;
    }
}
