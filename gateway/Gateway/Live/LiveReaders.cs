using Sequencer.Attestation;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Live;

/// <summary>
/// All who wait for the log to grow, and the one task that wakes them. For each view it looks at
/// every waiting reader in memory and wakes those that may get something, so that a thousand who wait
/// for something else cost the writers next to nothing.
/// </summary>
internal sealed class LiveReaders(
    PipelineState state,
    SubscriberSettings settings,
    TimeProvider time) : BackgroundService
{
    // Views that follow each other faster are looked at together, and the more readers there are to
    // tell, the fewer times a second: some thousand wake-ups a second at most, each with as much as has
    // come by then. What comes after a rest is told at once.
    private static readonly TimeSpan PaceMin = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan PaceMax = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PaceOfOne = TimeSpan.FromMilliseconds(1);

    // How exact the times of heartbeats and patience are, and how soon the end is noticed.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly HashSet<LiveReader> _readers = [];
    private readonly Dictionary<Digest, int> _countByTenant = [];
    private TaskCompletionSource _due = NewSignal();

    /// <summary>True once the gateway goes down: nobody waits any more.</summary>
    public bool IsEnding => state.IsEnding;

    /// <summary>Its clock.</summary>
    public TimeProvider Time => time;

    /// <summary>How many are in.</summary>
    public int Count
    {
        get
        {
            lock (_readers) return _readers.Count;
        }
    }

    /// <summary>Lets a reader in, or says why not.</summary>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="tenantMax">Most of the tenant; 0 for no limit.</param>
    /// <param name="selection">What it waits for.</param>
    /// <param name="aborted">Its caller is gone.</param>
    /// <param name="reader">The reader.</param>
    public Entrance TryEnter(
        in Digest tenant,
        long tenantMax,
        EntrySelection selection,
        CancellationToken aborted,
        out LiveReader? reader)
    {
        reader = null;
        lock (_readers)
        {
            int own = _countByTenant.GetValueOrDefault(tenant);
            if (tenantMax > 0 && own >= tenantMax) return Entrance.TenantFull;
            if (_readers.Count >= settings.Max) return Entrance.Full;
            reader = new LiveReader(this, tenant, selection, aborted);
            _readers.Add(reader);
            _countByTenant[tenant] = own + 1;
            return Entrance.Open;
        }
    }

    /// <summary>The timestamp after a time from now on.</summary>
    public long After(TimeSpan duration) =>
        time.GetTimestamp() + (long)(duration.TotalSeconds * time.TimestampFrequency);

    internal void Leave(LiveReader reader)
    {
        lock (_readers)
        {
            if (!_readers.Remove(reader)) return;
            if (--_countByTenant[reader.Tenant] == 0) _countByTenant.Remove(reader.Tenant);
        }
    }

    /// <summary>
    /// A reader waits from here on. One for whom there is something already is woken in its turn: it
    /// may not wake itself, or under load each view would be a wake-up of everybody.
    /// </summary>
    internal void Waits(LiveReader reader)
    {
        if (IsEnding) reader.Wake();
        else if (reader.IsDue(state.View, state.Cosigned, time.GetTimestamp()))
        {
            Volatile.Read(ref _due).TrySetResult();
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Tick, time);
        Task<bool> tick = ticks.WaitForNextTickAsync(stoppingToken).AsTask();
        try
        {
            while (true)
            {
                // The signals before the look, so that nothing is missed in between.
                (Task view, Task cosigned) = (state.NextView, state.NextCosigned);
                TaskCompletionSource due = NewSignal();
                Interlocked.Exchange(ref _due, due);
                int woken = WakeDue();
                await Task.Delay(PaceAfter(woken), time, stoppingToken);
                await Task.WhenAny(view, cosigned, due.Task, tick);
                if (!tick.IsCompleted) continue;
                if (!await tick) return;
                tick = ticks.WaitForNextTickAsync(stoppingToken).AsTask();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            WakeDue();
        }
    }

    private static TaskCompletionSource NewSignal() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TimeSpan PaceAfter(int woken)
    {
        TimeSpan pace = woken * PaceOfOne;
        return pace < PaceMin ? PaceMin : pace < PaceMax ? pace : PaceMax;
    }

    // Gives back how many.
    private int WakeDue()
    {
        int woken = 0;
        bool isEnding = IsEnding;
        (LogView? view, LogView? cosigned) = (state.View, state.Cosigned);
        long now = time.GetTimestamp();
        lock (_readers)
        {
            foreach (LiveReader reader in _readers)
            {
                if (!isEnding && !reader.IsDue(view, cosigned, now)) continue;
                reader.Wake();
                woken++;
            }
        }
        return woken;
    }
}
