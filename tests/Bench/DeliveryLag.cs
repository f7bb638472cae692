using System.Diagnostics;

namespace Sequencer.Bench;

/// <summary>
/// From the acknowledgement of an entry to its event in a subscriber's hands; 0 for those that come
/// before the acknowledgement. Of each piece that a subscriber receives, the last entry in it.
/// </summary>
internal sealed class DeliveryLag
{
    // More than are appended in any phase.
    private const int Numbers = 1 << 22;

    private readonly long[] _acknowledged = new long[Numbers];
    private readonly Lock _writing = new();
    private readonly List<double> _seconds = [];

    public void Acknowledged(ulong number) =>
        Volatile.Write(ref _acknowledged[number % Numbers], Stopwatch.GetTimestamp());

    public void Delivered(ulong number)
    {
        long since = Volatile.Read(ref _acknowledged[number % Numbers]);
        double seconds = since == 0 ? 0 : Stopwatch.GetElapsedTime(since).TotalSeconds;
        lock (_writing) _seconds.Add(seconds);
    }

    /// <summary>Forgets what was measured; what is acknowledged stays.</summary>
    public void Clear()
    {
        lock (_writing) _seconds.Clear();
    }

    /// <summary>A quantile in milliseconds; 0 if nothing was delivered.</summary>
    public double Quantile(double part)
    {
        lock (_writing)
        {
            if (_seconds.Count == 0) return 0;
            _seconds.Sort();
            return 1000 * _seconds[(int)((_seconds.Count - 1) * part)];
        }
    }
}
