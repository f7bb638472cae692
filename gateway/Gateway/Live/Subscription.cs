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
/// <param name="events">Makes and keeps events.</param>
/// <param name="look">The newest view and the newest cosigned one.</param>
/// <param name="settings">How patient it is.</param>
internal sealed class Subscription(
    EventStream stream,
    LiveReader reader,
    LiveReaders readers,
    RecentEvents events,
    Func<(LogView? View, LogView? Cosigned)> look,
    SubscriberSettings settings)
{
    private const int PageRecords = 256;
    private const int PageBytes = 64 * 1024;
    private const int RetryMs = 1000;

    private readonly ulong[] _numbers = new ulong[PageRecords];
    private ulong _position;
    private ulong _told;
    private ulong _checkpointSize;
    private LogView? _cosigned;

    /// <summary>Serves until the subscriber is gone, or something ends it; then it has said why, if
    /// that could still be said.</summary>
    /// <returns>False if the connection is of no more use.</returns>
    public async Task<bool> RunAsync(
        SubscriptionRequest request, CancellationToken aborted)
    {
        if (!await BeginAsync(request)) return false;
        while (!aborted.IsCancellationRequested)
        {
            (LogView? view, LogView? cosigned) = look();
            // The store is closed: either the gateway goes down, or it opens the store anew.
            if (readers.IsEnding || view is null) return await EndAsync("shutting-down");
            bool hasMore = TakePage(view, request);
            if (!hasMore) TakeHeads(view, cosigned, request.Selection);
            long heartbeat = readers.After(settings.Heartbeat);
            Delivery delivery = stream.Pending > 0 ? await stream.FlushAsync() : Delivery.Taken;
            if (delivery == Delivery.Late) return await EndAsync("too-slow");
            if (delivery == Delivery.Gone) return false;
            if (hasMore) continue;
            await reader.WaitAsync(_position, _cosigned, heartbeat);
            if (readers.Time.GetTimestamp() >= heartbeat) Beat();
        }
        return false;
    }

    private async Task<bool> BeginAsync(SubscriptionRequest request)
    {
        _position = request.From ?? look().View?.Size ?? 0;
        _told = _position;
        // An event without data is none, but a browser keeps its id: one that is cut off before the
        // first event comes back to where it began.
        string id = _position > 0 ? $"id: {_position - 1}\n" : "";
        Write($"retry: {RetryMs}\n{id}\n");
        return await stream.FlushAsync() == Delivery.Taken;
    }

    // As much of the view as goes into one flush; true if the view has more.
    private bool TakePage(LogView view, SubscriptionRequest request)
    {
        int count = request.Selection.Read(view, _position, _numbers, out ulong next);
        for (int i = 0; i < count; i++)
        {
            if (stream.Pending >= PageBytes)
            {
                _position = _numbers[i];
                return true;
            }
            stream.Write(events.Of(view, _numbers[i], request.Form, request.Reader).Span);
            _told = _numbers[i] + 1;
        }
        _position = next;
        return next < view.Size;
    }

    private void TakeHeads(LogView view, LogView? cosigned, LiveSelection selection)
    {
        if (!selection.IsWholeLog) return;
        if (view.Size == _position && view.Size > _checkpointSize)
        {
            stream.Write(events.OfCheckpoint(view, "checkpoint").Span);
            _checkpointSize = view.Size;
        }
        if (ReferenceEquals(cosigned, _cosigned)) return;
        if (cosigned is not null && cosigned.Size <= _position)
        {
            stream.Write(events.OfCheckpoint(cosigned, "cosigned").Span);
        }
        _cosigned = cosigned;
    }

    // With the position, where that has moved on without an event: to come back means to look from
    // there.
    private void Beat()
    {
        string id = _position > _told ? $"id: {_position - 1}\n" : "";
        _told = Math.Max(_told, _position);
        Write($":\n{id}\n");
    }

    private async Task<bool> EndAsync(string reason)
    {
        Write($"event: end\ndata: {{\"reason\":\"{reason}\"}}\n\n");
        return await stream.FlushAsync() == Delivery.Taken;
    }

    private void Write(string text) => stream.Write(Encoding.ASCII.GetBytes(text));
}
