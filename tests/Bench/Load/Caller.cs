using System.Diagnostics;

namespace Sequencer.Bench.Load;

/// <summary>One connection of a load, and what was measured on it.</summary>
internal sealed class Caller : IDisposable
{
    private readonly Connection _connection;
    private readonly IWire _wire;
    private readonly List<long> _latencies = [];

    private Caller(Connection connection, IWire wire)
    {
        _connection = connection;
        _wire = wire;
    }

    /// <summary>Stopwatch ticks from sending to the last answer, of each call that was counted.
    /// </summary>
    public IReadOnlyList<long> Latencies => _latencies;

    /// <summary>Calls that were answered, warm-up included.</summary>
    public long Answered { get; private set; }

    /// <summary>Connects, and says what comes before the first call.</summary>
    public static async Task<Caller> OpenAsync(LoadPlan plan)
    {
        Connection connection = await Connection.OpenAsync(plan.Target);
        var caller = new Caller(connection, plan.NewWire());
        await caller._wire.OpenAsync(connection);
        return caller;
    }

    /// <summary>
    /// Calls until a moment, and counts the calls that were answered after another; both are
    /// timestamps of <see cref="Stopwatch"/>.
    /// </summary>
    public async Task RunAsync(long begin, long end)
    {
        for (long sent = Stopwatch.GetTimestamp(); sent < end;)
        {
            await _connection.SendAsync(_wire.NextCall());
            await _connection.ReceiveAsync(_wire, _wire.AnswersPerCall);
            Answered++;
            long answered = Stopwatch.GetTimestamp();
            if (answered >= begin && answered < end) _latencies.Add(answered - sent);
            sent = answered;
        }
    }

    public void Dispose() => _connection.Dispose();
}
