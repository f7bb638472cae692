using System.Diagnostics;

namespace Sequencer.Bench.Load;

/// <summary>
/// Runs a load. Every system is measured by this one loop: what differs is the bytes that an
/// <see cref="IWire"/> sends, and how it sees the end of an answer.
/// </summary>
internal static class ClosedLoop
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <exception cref="WireException">A call was refused.</exception>
    /// <exception cref="TimeoutException">A call was not answered for 15 seconds.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The connection failed.</exception>
    public static async Task<LoadResult> RunAsync(LoadPlan plan)
    {
        var callers = new List<Caller>();
        try
        {
            for (int i = 0; i < plan.Connections; i++)
            {
                callers.Add(await Caller.OpenAsync(plan).WaitAsync(Patience));
            }
            long begin = Stopwatch.GetTimestamp() + Ticks(plan.WarmUp);
            long end = begin + Ticks(plan.Measured);
            await Task.WhenAll(callers.Select(c => Task.Run(() => c.RunAsync(begin, end))))
                .WaitAsync(plan.WarmUp + plan.Measured + Patience);
            return LoadResult.Of(
                [.. callers.SelectMany(caller => caller.Latencies)],
                callers.Sum(caller => caller.Answered), plan);
        }
        finally
        {
            foreach (Caller caller in callers) caller.Dispose();
        }
    }

    private static long Ticks(TimeSpan span) => (long)(span.TotalSeconds * Stopwatch.Frequency);
}
