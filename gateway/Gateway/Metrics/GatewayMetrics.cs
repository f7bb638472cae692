using System.Diagnostics.Metrics;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Metrics;

/// <summary>What the gateway counts (System.Diagnostics.Metrics, meter <c>Sequencer.Gateway</c>).
/// </summary>
public sealed class GatewayMetrics : IDisposable
{
    private readonly Meter _meter = new("Sequencer.Gateway");
    private readonly Counter<long> _appended;
    private readonly Counter<long> _replayed;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _batches;
    private readonly Histogram<double> _batchSize;
    private readonly Histogram<double> _latency;
    private readonly Histogram<double> _commit;
    private readonly UpDownCounter<long> _queue;
    private readonly Counter<long> _connections;
    private readonly Counter<long> _enclaveStarts;
    private readonly Counter<long> _accessRefused;
    private readonly Counter<long> _rateLimited;
    private long _size;
    private long _epoch;
    private long _snapshot;
    private int _ready;
    private long _cosignedSize;
    private long _cosignedAt;

    /// <summary>Makes the instruments and the exporter that listens to them.</summary>
    public GatewayMetrics()
    {
        _appended = _meter.CreateCounter<long>(
            "sequencer_entries_appended", description: "Entries that got a number.");
        _replayed = _meter.CreateCounter<long>(
            "sequencer_entries_replayed", description: "Entries whose idempotency key had a number.");
        _refused = _meter.CreateCounter<long>(
            "sequencer_entries_refused", description: "Entries that the enclave refused.");
        _batches = _meter.CreateCounter<long>(
            "sequencer_batches", description: "Batches answered by the enclave.");
        _batchSize = _meter.CreateHistogram<double>(
            "sequencer_batch_entries", description: "Entries in a batch.");
        _latency = _meter.CreateHistogram<double>(
            "sequencer_append_seconds", description: "From arrival to durable answer.");
        _commit = _meter.CreateHistogram<double>(
            "sequencer_commit_seconds", description: "Writing and syncing a batch's records.");
        _queue = _meter.CreateUpDownCounter<long>(
            "sequencer_queue_entries", description: "Entries that wait for an answer.");
        _connections = _meter.CreateCounter<long>(
            "sequencer_enclave_connections", description: "Connections made to the enclave.");
        _enclaveStarts = _meter.CreateCounter<long>(
            "sequencer_enclave_starts", description: "Starts of the enclave's command.");
        _accessRefused = _meter.CreateCounter<long>(
            "sequencer_access_refused", description: "Requests without a key that opens the path.");
        _rateLimited = _meter.CreateCounter<long>(
            "sequencer_rate_limited", description: "Requests above their tenant's limits.");
        _meter.CreateObservableGauge(
            "sequencer_log_size", () => Volatile.Read(ref _size), description: "Records of the log.");
        _meter.CreateObservableGauge(
            "sequencer_epoch", () => Volatile.Read(ref _epoch), description: "Newest epoch.");
        _meter.CreateObservableGauge(
            "sequencer_snapshot_number",
            () => Volatile.Read(ref _snapshot),
            description: "Newest snapshot; 0 without one.");
        _meter.CreateObservableGauge(
            "sequencer_ready", () => Volatile.Read(ref _ready), description: "1 when entries can be appended.");
        _meter.CreateObservableGauge(
            "sequencer_cosigned_size", () => Volatile.Read(ref _cosignedSize),
            description: "Size of the newest head that enough witnesses cosigned; 0 without.");
        _meter.CreateObservableGauge(
            "sequencer_cosigned_age_seconds", CosignedAge,
            description: "How long ago the witnesses were asked for it; 0 without.");
        Exporter = new PrometheusText(_meter);
    }

    /// <summary>The text of <c>/metrics</c>.</summary>
    public PrometheusText Exporter { get; }

    internal void Answered(TimeSpan elapsed) => _latency.Record(elapsed.TotalSeconds);

    internal void QueueDepthChanged(int entries) => _queue.Add(entries);

    internal void Connected() => _connections.Add(1);

    internal void EnclaveStarted() => _enclaveStarts.Add(1);

    internal void AccessRefused() => _accessRefused.Add(1);

    internal void RateLimited() => _rateLimited.Add(1);

    internal void WatchAccess(Func<int> stale) => _meter.CreateObservableGauge(
        "sequencer_access_files_stale",
        stale,
        description: "Settings whose files were changed and are not in force.");

    internal void ReadinessChanged(bool isReady) => Volatile.Write(ref _ready, isReady ? 1 : 0);

    internal void Committed(TimeSpan elapsed) => _commit.Record(elapsed.TotalSeconds);

    internal void Cosigned(ulong size, long askedAt)
    {
        Volatile.Write(ref _cosignedSize, (long)size);
        Volatile.Write(ref _cosignedAt, askedAt);
    }

    internal void Published(ulong size, uint epoch, IReadOnlyList<ulong> snapshots)
    {
        Volatile.Write(ref _snapshot, snapshots.Count > 0 ? (long)snapshots[^1] : 0);
        Volatile.Write(ref _size, (long)size);
        Volatile.Write(ref _epoch, epoch);
    }

    internal void WatchDisk(DiskReserve disk) => _meter.CreateObservableGauge(
        "sequencer_disk_free_bytes",
        () => disk.FreeBytesIfKnown ?? 0,
        description: "Room on the disk of the data directory.");

    internal void BatchAnswered(IReadOnlyList<Outcome> outcomes)
    {
        Span<int> counts = stackalloc int[3];
        foreach (Outcome outcome in outcomes) counts[(int)outcome.Status]++;
        _batches.Add(1);
        _batchSize.Record(outcomes.Count);
        _appended.Add(counts[(int)OutcomeStatus.Appended]);
        _replayed.Add(counts[(int)OutcomeStatus.Replayed]);
        _refused.Add(counts[(int)OutcomeStatus.Refused]);
    }

    private double CosignedAge()
    {
        long at = Volatile.Read(ref _cosignedAt);
        return at == 0 ? 0 : TimeProvider.System.GetElapsedTime(at).TotalSeconds;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Exporter.Dispose();
        _meter.Dispose();
    }
}
