using System.Diagnostics.Metrics;
using System.Reflection;
using Sequencer.Gateway.Link;
using Sequencer.Gateway.Sequencing;

namespace Sequencer.Gateway.Metrics;

/// <summary>A part of an append's way that is measured for itself.</summary>
internal enum AppendStage
{
    /// <summary>From arrival until the writer takes it.</summary>
    Queue,

    /// <summary>Writing and syncing a batch's payloads.</summary>
    Payloads,

    /// <summary>The enclave's answer to a batch.</summary>
    Enclave,

    /// <summary>Writing and syncing the records of all batches that were signed.</summary>
    Commit,
}

/// <summary>What the gateway counts (System.Diagnostics.Metrics, meter <c>Sequencer.Gateway</c>).
/// </summary>
/// <remarks>Labels are from closed sets only. Per entry nothing is allocated.</remarks>
public sealed class GatewayMetrics : IDisposable
{
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries =
            [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    };

    private static readonly InstrumentAdvice<double> Entries = new()
    {
        HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192],
    };

    private static readonly string[] StageNames = ["queue", "payloads", "enclave", "commit"];

    private static readonly string[] RefusalNames =
        ["none", "guard", "idempotency-conflict", "cells-full", "overflow", "group", "malformed"];

    private readonly Meter _meter = new("Sequencer.Gateway");
    private readonly Counter<long> _appended;
    private readonly Counter<long> _replayed;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _batches;
    private readonly Histogram<double> _batchSize;
    private readonly Histogram<double> _latency;
    private readonly Histogram<double> _stages;
    private readonly Histogram<double> _syncs;
    private readonly UpDownCounter<long> _queue;
    private readonly UpDownCounter<long> _active;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestSeconds;
    private readonly Counter<long> _problems;
    private readonly Counter<long> _connections;
    private readonly Counter<long> _enclaveStarts;
    private long _size;
    private long _epoch;
    private long _snapshot;
    private int _ready;
    private long _cosignedSize;
    private long _cosignedAt;

    /// <summary>Makes the instruments and the exporter that listens to them.</summary>
    public GatewayMetrics()
    {
        Exporter = new PrometheusText(_meter);
        _appended = Counter("sequencer_entries_appended", "Entries that got a number.");
        _replayed = Counter(
            "sequencer_entries_replayed", "Entries whose idempotency key had a number.");
        _refused = Counter(
            "sequencer_entries_refused", "Entries that the enclave refused, by reason.");
        _batches = Counter("sequencer_batches", "Batches answered by the enclave.");
        _batchSize = _meter.CreateHistogram(
            "sequencer_batch_entries", null, "Entries in a batch.", null, Entries);
        _latency = Histogram("sequencer_append_seconds", "From arrival to durable answer.");
        _stages = Histogram(
            "sequencer_append_stage_seconds", "Parts of that: a submission's wait, then a batch's.");
        _syncs = Histogram("sequencer_sync_seconds", "Syncs of payloads and of the log.");
        _queue = _meter.CreateUpDownCounter<long>(
            "sequencer_queue_entries", description: "Entries that wait for an answer.");
        _active = _meter.CreateUpDownCounter<long>(
            "sequencer_requests_active", description: "Requests under way.");
        _requests = Counter(
            "sequencer_requests", "Requests answered, by method, route and status.");
        _requestSeconds = Histogram("sequencer_request_seconds", "Requests, by route.");
        _problems = Counter("sequencer_problems", "Answers that were problems, by name.");
        _connections = Counter(
            "sequencer_enclave_connections", "Connections made to the enclave.");
        _enclaveStarts = Counter("sequencer_enclave_starts", "Starts of the enclave's command.");
        Gauge("sequencer_log_size", "Records of the log.", () => Volatile.Read(ref _size));
        Gauge("sequencer_epoch", "Newest epoch.", () => Volatile.Read(ref _epoch));
        Gauge(
            "sequencer_snapshot_number", "Newest snapshot; 0 without one.",
            () => Volatile.Read(ref _snapshot));
        Gauge("sequencer_ready", "1 when entries can be appended.", () => Volatile.Read(ref _ready));
        Gauge(
            "sequencer_cosigned_size",
            "Size of the newest head that enough witnesses cosigned; 0 without.",
            () => Volatile.Read(ref _cosignedSize));
        Gauge(
            "sequencer_cosigned_age_seconds",
            "How long ago the witnesses were asked for it; 0 without.", CosignedAge);
        _meter.CreateObservableGauge(
            "sequencer_build_info",
            () => new Measurement<long>(1, KeyValuePair.Create<string, object?>("version", Version)),
            description: "1, with the gateway's version.");
        ProcessMetrics.AddTo(_meter);
        ShowAtZero();
    }

    /// <summary>Version of this program.</summary>
    public static string Version { get; } =
        typeof(GatewayMetrics).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            .Split('+')[0] ?? "0";

    /// <summary>The text of <c>/metrics</c>.</summary>
    public PrometheusText Exporter { get; }

    internal void Answered(TimeSpan elapsed) => _latency.Record(elapsed.TotalSeconds);

    internal void QueueDepthChanged(int entries) => _queue.Add(entries);

    internal void Connected() => _connections.Add(1);

    internal void EnclaveStarted() => _enclaveStarts.Add(1);

    internal void ReadinessChanged(bool isReady) => Volatile.Write(ref _ready, isReady ? 1 : 0);

    internal void Passed(AppendStage stage, TimeSpan elapsed) =>
        _stages.Record(elapsed.TotalSeconds, Tag("stage", StageNames[(int)stage]));

    internal void PayloadsSynced(TimeSpan elapsed) =>
        _syncs.Record(elapsed.TotalSeconds, Tag("file", "payload"));

    internal void LogSynced(TimeSpan elapsed) =>
        _syncs.Record(elapsed.TotalSeconds, Tag("file", "log"));

    internal void RequestBegan() => _active.Add(1);

    internal void RequestEnded(
        string method, string route, string status, string? problem, TimeSpan elapsed)
    {
        _active.Add(-1);
        _requests.Add(1, Tag("method", method), Tag("route", route), Tag("status", status));
        _requestSeconds.Record(elapsed.TotalSeconds, Tag("route", route));
        if (problem is not null) _problems.Add(1, Tag("problem", problem));
    }

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

    internal void WatchDisk(DiskReserve disk) => Gauge(
        "sequencer_disk_free_bytes", "Room on the disk of the data directory.",
        () => disk.FreeBytesIfKnown ?? 0);

    internal void WatchBodies(ByteBudget budget) => Gauge(
        "sequencer_queue_bytes", "Bytes of bodies that arrive or wait.", () => budget.Taken);

    internal void BatchAnswered(IReadOnlyList<Outcome> outcomes)
    {
        int appended = 0, replayed = 0;
        for (int i = 0; i < outcomes.Count; i++)
        {
            Outcome outcome = outcomes[i];
            if (outcome.Status == OutcomeStatus.Appended) appended++;
            else if (outcome.Status == OutcomeStatus.Replayed) replayed++;
            else _refused.Add(1, Tag("reason", RefusalNames[(int)outcome.Reason]));
        }
        _batches.Add(1);
        _batchSize.Record(outcomes.Count);
        _appended.Add(appended);
        _replayed.Add(replayed);
    }

    // A rate needs the zero before the first event; and what an alert asks for must be there.
    private void ShowAtZero()
    {
        foreach (Counter<long> counter in
            (Counter<long>[])[_appended, _replayed, _batches, _connections, _enclaveStarts])
        {
            counter.Add(0);
        }
        foreach (string reason in RefusalNames.Skip(1)) _refused.Add(0, Tag("reason", reason));
        _queue.Add(0);
        _active.Add(0);
    }

    private Counter<long> Counter(string name, string help) =>
        _meter.CreateCounter<long>(name, description: help);

    private Histogram<double> Histogram(string name, string help) =>
        _meter.CreateHistogram(name, null, help, null, Seconds);

    private void Gauge<T>(string name, string help, Func<T> value)
        where T : struct => _meter.CreateObservableGauge(name, value, description: help);

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

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
