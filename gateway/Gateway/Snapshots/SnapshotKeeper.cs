using Sequencer.Attestation.Log;
using Sequencer.Gateway.Logging;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Snapshots;

/// <summary>
/// Prepares the next restart while the log goes on: the content of the newest snapshot as a file,
/// and tiles and index on the disk. All of it is derived, so that a failure costs time and no more.
/// </summary>
/// <remarks>
/// One caller at a time. Jobs run one after the other, beside everything else.
/// </remarks>
internal sealed class SnapshotKeeper : IAsyncDisposable
{
    /// <summary>So many records at most are read again because tiles and index were not kept.
    /// </summary>
    public const ulong KeepRecords = 1_000_000;

    private readonly LogStore _store;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopping = new();
    private Task<SnapshotContent?> _job = Task.FromResult<SnapshotContent?>(null);
    private ulong _asked;

    private SnapshotKeeper(LogStore store, ILogger log)
    {
        _store = store;
        _log = log;
    }

    /// <summary>A keeper of an open store, to be disposed of before the store.</summary>
    public static SnapshotKeeper Of(LogStore store, ILogger log) => new(store, log);

    /// <summary>A new view: begins what has to be done, and does not wait for it.</summary>
    public void Show(LogView view)
    {
        bool hasNew = view.Snapshots.Count > 0 && view.Snapshots[^1] > _asked;
        if (!hasNew && (view.Size - _store.KeptSize < KeepRecords || !_job.IsCompleted)) return;
        if (hasNew) _asked = view.Snapshots[^1];
        _job = RunAfterAsync(_job, () =>
        {
            if (hasNew) Prepare(view)?.Dispose();
            if (view.Size - _store.KeptSize >= KeepRecords) _store.KeepDerived();
            return null;
        });
    }

    /// <summary>
    /// The content of a view's newest snapshot, computed if there is no good file of it; null
    /// without a snapshot, or if it cannot be had, which was told. To be disposed of.
    /// </summary>
    public async Task<SnapshotContent?> OpenAsync(LogView view)
    {
        if (view.Snapshots.Count == 0) return null;
        _job = RunAfterAsync(_job, () => Prepare(view));
        SnapshotContent? content = await _job;
        ulong from = content is null ? 0 : content.Number + 1;
        _log.LogInformation(
            LogEvents.Replay,
            "The replay begins at {Where}: {Records} of {Size} records.",
            content is null ? "record 0" : $"snapshot {content.Number}", view.Size - from, view.Size);
        return content;
    }

    /// <summary>An enclave refused to begin at a snapshot.</summary>
    public void TellRefused(ulong number, string reason) => _log.LogWarning(
        LogEvents.SnapshotUnused,
        "No replay from snapshot {Number}: {Reason}. All records are replayed.", number, reason);

    /// <summary>Ends what is under way; the store may be closed afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _job;
        _stopping.Dispose();
    }

    private async Task<SnapshotContent?> RunAfterAsync(Task before, Func<SnapshotContent?> job)
    {
        await before;
        try
        {
            return await Task.Run(job, _stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.LogWarning(
                LogEvents.SlowStart, "The next restart will take longer: {Reason}", e.Message);
            return null;
        }
    }

    private SnapshotContent? Prepare(LogView view)
    {
        ulong number = view.Snapshots[^1];
        SnapshotFields fields = FieldsOf(view, number);
        if (TryOpen(view, number) is { } content) return content;

        long since = TimeProvider.System.GetTimestamp();
        ContentFold fold = NewestBefore(view, number);
        ulong from = fold.Next;
        fold.Take(view, number, _stopping.Token);
        if (!fold.IsOf(fields))
        {
            _log.LogError(
                LogEvents.SnapshotUnused,
                "Snapshot {Number} is not what the records before it come to: replays begin at 0.",
                number);
            return null;
        }
        _store.SnapshotFiles.Put(number, fold.Cells, fold.Uses);
        _log.LogInformation(
            LogEvents.Snapshot,
            "Snapshot {Number}: {Cells} streams and {Uses} keys, computed from record {From} on in "
            + "{Seconds:F1} s.",
            number, fields.CellCount, fields.UseCount, from,
            TimeProvider.System.GetElapsedTime(since).TotalSeconds);
        return TryOpen(view, number);
    }

    // What an older file has is not computed again.
    private ContentFold NewestBefore(LogView view, ulong number)
    {
        uint window = EpochStatement.TryParse(view.ReadRecord(0), out EpochStatement? genesis)
            ? genesis.Fields.Configuration.IdempotencyWindow
            : throw new IOException("Record 0 is no statement any more.");
        foreach (ulong older in _store.SnapshotFiles.List().Where(n => n < number))
        {
            using SnapshotContent? content = TryOpen(view, older);
            if (content is null) continue;
            var fold = new ContentFold(window) { Next = older + 1 };
            foreach (ReadOnlyMemory<byte> cells in content.Cells())
            {
                for (int at = 0; at < cells.Length; at += CellList.CellBytes)
                {
                    fold.Cells.TryRead(cells.Span[at..]);
                }
            }
            foreach (ReadOnlyMemory<byte> uses in content.Uses())
            {
                for (int at = 0; at < uses.Length; at += KeyUse.Bytes)
                {
                    fold.Add(KeyUse.Read(uses.Span[at..]));
                }
            }
            return fold;
        }
        return new ContentFold(window);
    }

    // A file whose bytes are those that the log's own snapshot holds the digests of.
    private SnapshotContent? TryOpen(LogView view, ulong number)
    {
        if (!view.Snapshots.Contains(number)) return null;
        if (!_store.SnapshotFiles.List().Contains(number)) return null;
        SnapshotContent? content =
            _store.SnapshotFiles.TryOpen(number, FieldsOf(view, number));
        if (content is not null && content.IsWhole()) return content;
        content?.Dispose();
        _log.LogWarning(
            LogEvents.SnapshotUnused,
            "The content of snapshot {Number} is damaged, and not used.", number);
        return null;
    }

    private static SnapshotFields FieldsOf(LogView view, ulong number) =>
        SnapshotRecord.TryParse(view.ReadRecord(number), out SnapshotRecord snapshot)
            ? snapshot.Fields
            : throw new IOException($"Record {number} is no snapshot any more.");
}
