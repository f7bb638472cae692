namespace Sequencer.Simulation.Tests;

/// <summary>
/// What a process is made of here: its tasks, its timers and whether it lives. Everything that is
/// started in it stays in it, and none of it runs any more once it is killed.
/// </summary>
internal sealed class SimulatedProcess(World world, string name) : TaskScheduler
{
    private readonly TaskCompletionSource _death =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsAlive { get; private set; } = true;

    /// <summary>Completes when it was killed.</summary>
    public Task Death => _death.Task;

    /// <summary>The clock, with timers that end with the process.</summary>
    public TimeProvider Time => new ProcessTime(world, this);

    public event Action? Killed;

    public void Kill()
    {
        if (!IsAlive) return;
        IsAlive = false;
        world.Tell($"{name} is killed");
        Killed?.Invoke();
        _death.TrySetResult();
    }

    /// <summary>For what a process does: it does nothing any more.</summary>
    public void ThrowIfDead()
    {
        if (!IsAlive) throw new ProcessKilledException();
    }

    /// <summary>Starts something in it.</summary>
    public Task Start(Func<Task> work) => Task.Factory.StartNew(
        work, CancellationToken.None, TaskCreationOptions.None, this).Unwrap();

    public void Run(Task task)
    {
        if (IsAlive) TryExecuteTask(task);
    }

    protected override void QueueTask(Task task)
    {
        if (IsAlive) world.Ready(this, task);
    }

    // Never inline: a continuation of another process must not run on this one's stack.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];

    private sealed class ProcessTime(World world, SimulatedProcess process) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => world.Elapsed.Ticks;

        public override DateTimeOffset GetUtcNow() => world.Now;

        public override ITimer CreateTimer(
            TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new ProcessTimer(world, process, () => callback(state));
            timer.Change(dueTime, period);
            return timer;
        }
    }

    // Of one shot: nothing in gateway or enclave asks for a period.
    private sealed class ProcessTimer(World world, SimulatedProcess process, Action callback)
        : ITimer
    {
        private int _generation;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int generation = ++_generation;
            if (dueTime == Timeout.InfiniteTimeSpan) return true;
            world.After(dueTime, () =>
            {
                if (generation == _generation && process.IsAlive) callback();
            });
            return true;
        }

        public void Dispose() => _generation++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>The process that ran this was killed within it: what it would do next does not happen.
/// </summary>
internal sealed class ProcessKilledException() : Exception("The process was killed.");
