using System.Diagnostics;
using System.Threading.Channels;
using Sequencer.Gateway.Metrics;
using Sequencer.Gateway.Store;
using Sequencer.Gateway.Tracing;

namespace Sequencer.Gateway.Sequencing;

/// <summary>Makes the payloads of what arrives durable. Owns the store's payload side.</summary>
internal sealed class PayloadStage(
    LogStore store, DiskWatch disk, GatewayMetrics metrics)
{
    private const int StagedMax = 16;

    private readonly Channel<Batch> _staged = Channel.CreateBounded<Batch>(
        new BoundedChannelOptions(StagedMax) { SingleReader = true, SingleWriter = true });

    private Batch? _staging;

    /// <summary>Batches whose payloads are durable, in the order of arrival; completed with the
    /// stage.</summary>
    public ChannelReader<Batch> Staged => _staged.Reader;

    /// <summary>Runs until the line is completed and worked off.</summary>
    /// <exception cref="UncertainWriteException">The disk failed.</exception>
    public async Task RunAsync(AppendLine line, CancellationToken cancellationToken)
    {
        await Task.Yield();
        while (await line.TurnAsync(cancellationToken))
        {
            _staging = line.Take();
            foreach (Submission submission in _staging.Submissions) Waited(submission);
            if (disk.HasRoomFor(_staging.Bytes))
            {
                Stage(_staging);
                await _staged.Writer.WriteAsync(_staging, cancellationToken);
            }
            else
            {
                // Before anything is written: this is a certain no, and the log goes on.
                _staging.Fail(AppendFailure.DiskFull);
                line.Done(_staging);
            }
            _staging = null;
        }
        _staged.Writer.Complete();
    }

    /// <summary>Answers what it still holds; only after the run.</summary>
    public void Fail(AppendFailure failure)
    {
        _staging?.Fail(failure);
        while (_staged.Reader.TryRead(out Batch? batch)) batch.Fail(failure);
    }

    // A crash at any point here leaves frames that no record names: torn ones are cut at the next
    // start, whole ones stay and are harmless. Nobody was told anything, and the enclave knows
    // nothing of them: that it never numbers an entry whose payload could still be lost is what the
    // sync before its turn is for.
    private void Stage(Batch batch)
    {
        long since = TimeProvider.System.GetTimestamp();
        using Activity? span = Spans.OfBatch("batch.payloads", batch.Submissions);
        PayloadItem[] items = [.. batch.Submissions.SelectMany(s => s.Items)];
        var offsets = new ulong[items.Length];
        store.AppendPayloads(items, offsets);
        using (Spans.OfStep("store.sync"))
        {
            long synced = TimeProvider.System.GetTimestamp();
            store.SyncPayloads();
            metrics.PayloadsSynced(TimeProvider.System.GetElapsedTime(synced));
        }
        batch.PayloadOffsets.AddRange(offsets);
        metrics.Passed(AppendStage.Payloads, TimeProvider.System.GetElapsedTime(since));
    }

    private void Waited(Submission submission)
    {
        TimeSpan elapsed = TimeProvider.System.GetElapsedTime(submission.ArrivedAt);
        metrics.Passed(AppendStage.Queue, elapsed);
        Spans.Waited(submission, elapsed);
    }
}
