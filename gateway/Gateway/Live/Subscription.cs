using System.Buffers;
using System.Text;
using Sequencer.Gateway.Settings;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Live;

/// <summary>
/// One subscriber's life: one loop over the log's views, from a position on. Catching up and being
/// live are the same loop, so there is nothing to miss or to tell twice where the one becomes the
/// other.
/// </summary>
/// <param name="stream">Where events go.</param>
/// <param name="reader">Waits for more.</param>
/// <param name="readers">All who wait.</param>
/// <param name="pace">When a page may be made.</param>
/// <param name="checkpoints">Makes and keeps their events.</param>
/// <param name="look">The newest view and the newest cosigned one.</param>
/// <param name="isAdmitted">Whether the subscriber would still be let in.</param>
/// <param name="settings">How patient it is.</param>
internal sealed class Subscription(
    EventStream stream,
    LiveReader reader,
    LiveReaders readers,
    DeliveryPace pace,
    CheckpointEvents checkpoints,
    Func<(LogView? View, LogView? Cosigned)> look,
    Func<bool> isAdmitted,
    SubscriberSettings settings)
{
    private const int PageRecords = 256;
    private const int PageBytes = 64 * 1024;
    private const int RetryMs = 1000;

    private ulong _position;
    private ulong _lookedAt;
    private ulong _told;
    private ulong _checkpointSize;
    private LogView? _cosigned;

    /// <summary>Serves until the subscriber is gone, or something ends it; then it has said why, if
    /// that could still be said.</summary>
    /// <returns>False if the connection is of no more use.</returns>
    public async Task<bool> RunAsync(SubscriptionRequest request, CancellationToken aborted)
    {
        _position = request.From;
        if (!await BeginAsync(request)) return false;
        var sequence = new EntrySequence(request.Selection, ReadDirection.Forwards);
        while (!aborted.IsCancellationRequested)
        {
            (LogView? view, LogView? cosigned) = look();
            // The store is closed: either the gateway goes down, or it opens the store anew.
            if (readers.IsEnding || view is null) return await EndAsync("shutting-down");
            // Before each page, and so at each sign of life.
            if (!isAdmitted()) return await EndAsync("unauthorized");
            bool hasMore = await TakePageAsync(view, sequence, request);
            if (!hasMore && request.Selection.Kind == SelectionKind.All) TakeHeads(view, cosigned);
            long heartbeat = readers.After(settings.Heartbeat);
            Delivery delivery = stream.Pending > 0 ? await stream.FlushAsync() : Delivery.Taken;
            if (delivery == Delivery.Late) return await EndAsync("too-slow");
            if (delivery == Delivery.Gone) return false;
            if (hasMore) continue;
            await reader.WaitAsync(view, _cosigned, heartbeat);
            if (readers.Time.GetTimestamp() >= heartbeat) Beat();
        }
        return false;
    }

    private async Task<bool> BeginAsync(SubscriptionRequest request)
    {
        // An event without data is none, but a browser keeps its id: one that is cut off before the
        // first event comes back to where it began.
        string id = request.Last is { } last ? $"id: {last}\n" : "";
        Write($"retry: {RetryMs}\n{id}\n");
        return await stream.FlushAsync() == Delivery.Taken;
    }

    // While many append, in its turn.
    private async ValueTask<bool> TakePageAsync(
        LogView view, EntrySequence sequence, SubscriptionRequest request)
    {
        if (!await pace.EnterAsync()) return TakePage(view, sequence, request);
        try
        {
            // A turn may be long in coming: who is not let in any more is told so at once.
            return !isAdmitted() || TakePage(view, sequence, request);
        }
        finally
        {
            pace.Leave(stream.Pending);
        }
    }

    // As much of the view as goes into one flush; true if the view has more.
    private bool TakePage(LogView view, EntrySequence sequence, SubscriptionRequest request)
    {
        EntryPage page = sequence.Read(view, _position, PageRecords);
        foreach (EntryPlace entry in page.Entries)
        {
            if (stream.Pending >= PageBytes)
            {
                _position = entry.Position;
                return true;
            }
            EntryEvents.Write(stream, view, entry.Number, request.Form, request.Reader);
            _told = entry.Number + 1;
        }
        _position = page.Next;
        if (!page.HasMore) _lookedAt = view.Size;
        return page.HasMore;
    }

    private void TakeHeads(LogView view, LogView? cosigned)
    {
        if (view.Size == _position && view.Size > _checkpointSize)
        {
            stream.Write(checkpoints.Of(view, "checkpoint").Span);
            _checkpointSize = view.Size;
        }
        if (ReferenceEquals(cosigned, _cosigned)) return;
        if (cosigned is not null && cosigned.Size <= _position)
        {
            stream.Write(checkpoints.Of(cosigned, "cosigned").Span);
        }
        _cosigned = cosigned;
    }

    // With the newest number that was looked at, where that has moved on without an event: whoever
    // comes back need not have it looked at again.
    private void Beat()
    {
        string id = _lookedAt > _told ? $"id: {_lookedAt - 1}\n" : "";
        _told = Math.Max(_told, _lookedAt);
        Write($":\n{id}\n");
    }

    private async Task<bool> EndAsync(string reason)
    {
        Write($"event: end\ndata: {{\"reason\":\"{reason}\"}}\n\n");
        return await stream.FlushAsync() == Delivery.Taken;
    }

    private void Write(string text) => stream.Write(Encoding.ASCII.GetBytes(text));
}
