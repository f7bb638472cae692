using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sequencer.Simulation.Tests;

/// <summary>
/// One thread, one clock, one seed: what is ready runs in an order drawn from the seed, and time
/// passes only when nothing is ready.
/// </summary>
/// <remarks>
/// It runs on the thread pool's only thread (see <see cref="SingleThread"/>), a step for each item
/// of the pool's queue. So what the framework itself puts there between two steps (the completion
/// of a WhenAny, the callbacks of a cancellation) runs before the next one, always in the same
/// order.
/// </remarks>
internal sealed class World(int seed)
{
    /// <summary>A run of more steps than this goes round in circles.</summary>
    private const int StepsMax = 2_000_000;

    private const int TraceMax = 20_000;

    private static readonly DateTimeOffset Start = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    private readonly Random _order = new(seed);
    private readonly List<(SimulatedProcess Process, Task Task)> _ready = [];
    private readonly PriorityQueue<Action, (long Due, long Sequence)> _timed = new();
    private readonly IncrementalHash _history =
        IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private TaskCompletionSource _finished = new();
    private long _elapsedTicks;
    private long _sequence;
    private int _steps;
    private Func<bool> _isOver = () => false;

    /// <summary>What a run draws its faults and work from.</summary>
    public Random Chance { get; } = new(seed ^ 0x5eed);

    /// <summary>What was counted, by name.</summary>
    public SortedDictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>What happened, for whoever looks into a failing seed.</summary>
    public List<string> Trace { get; } = [];

    /// <summary>Since the world began.</summary>
    public TimeSpan Elapsed => new(_elapsedTicks);

    /// <summary>What every clock shows.</summary>
    public DateTimeOffset Now => Start + Elapsed;

    /// <summary>Called before each step.</summary>
    public Action Stepping { get; set; } = () => { };

    public void Count(string name, long by = 1) =>
        Counts[name] = Counts.GetValueOrDefault(name) + by;

    public void Tell(string what)
    {
        string line = string.Create(
            CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds,10:0.000000} {what}");
        _history.AppendData(Encoding.UTF8.GetBytes(line));
        if (Trace.Count < TraceMax) Trace.Add(line);
    }

    /// <summary>What happened, in a digest: that of two runs of a seed is the same.</summary>
    public string HistoryDigest() => Convert.ToHexStringLower(_history.GetCurrentHash());

    /// <summary>True once in so many times.</summary>
    public bool IsOnceIn(int times) => Chance.Next(times) == 0;

    /// <summary>A duration up to <paramref name="ms"/> milliseconds.</summary>
    public TimeSpan UpTo(double ms) => TimeSpan.FromMilliseconds(Chance.NextDouble() * ms);

    public void After(TimeSpan delay, Action action) =>
        _timed.Enqueue(action, (_elapsedTicks + Math.Max(delay.Ticks, 0), ++_sequence));

    public void Ready(SimulatedProcess process, Task task) => _ready.Add((process, task));

    /// <summary>Runs until a condition holds or there is nothing left to do.</summary>
    public Task RunAsync(Func<bool> isOver)
    {
        _isOver = isOver;
        _finished = new TaskCompletionSource();
        ThreadPool.UnsafeQueueUserWorkItem(static world => world.Step(), this, preferLocal: false);
        return _finished.Task;
    }

    private void Step()
    {
        try
        {
            if (_isOver() || !TryStep())
            {
                _finished.TrySetResult();
                return;
            }
        }
        catch (Exception e)
        {
            _finished.TrySetException(e);
            return;
        }
        ThreadPool.UnsafeQueueUserWorkItem(static world => world.Step(), this, preferLocal: false);
    }

    private bool TryStep()
    {
        if (++_steps > StepsMax) throw new InvalidOperationException("It never ends.");
        Stepping();
        if (_ready.Count > 0)
        {
            int at = _order.Next(_ready.Count);
            (SimulatedProcess process, Task task) = _ready[at];
            _ready.RemoveAt(at);
            process.Run(task);
            return true;
        }
        if (!_timed.TryDequeue(out Action? action, out (long Due, long) time)) return false;
        _elapsedTicks = Math.Max(_elapsedTicks, time.Due);
        action();
        return true;
    }
}
