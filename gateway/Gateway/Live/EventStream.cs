using System.Buffers;
using System.IO.Pipelines;

namespace Sequencer.Gateway.Live;

/// <summary>What became of a flush.</summary>
internal enum Delivery
{
    /// <summary>The connection takes more.</summary>
    Taken,

    /// <summary>It took everything after all, but too late to be served on.</summary>
    Late,

    /// <summary>Nobody is there, or nobody reads.</summary>
    Gone,
}

/// <summary>
/// The body of a subscription's answer. Holds what was written since the last flush, and no more is
/// written before that is taken.
/// </summary>
/// <param name="body">The answer's body.</param>
/// <param name="stall">How long the other side may take nothing.</param>
/// <param name="time">Measures it.</param>
internal sealed class EventStream(PipeWriter body, TimeSpan stall, TimeProvider time)
    : IBufferWriter<byte>
{
    // After its time is over a reader who wakes up is still told why it is ended.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);

    /// <summary>Bytes since the last flush.</summary>
    public int Pending { get; private set; }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => body.GetMemory(sizeHint);

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => body.GetSpan(sizeHint);

    /// <summary>Puts bytes behind what is pending.</summary>
    public void Advance(int count)
    {
        body.Advance(count);
        Pending += count;
    }

    /// <summary>Sends what is pending, and waits until it is taken.</summary>
    public async ValueTask<Delivery> FlushAsync()
    {
        Pending = 0;
        ValueTask<FlushResult> flush = body.FlushAsync();
        if (flush.IsCompleted) return Of(await flush);
        Task<FlushResult> taken = flush.AsTask();
        if (await IsTakenAsync(taken, stall)) return Of(await taken);
        return await IsTakenAsync(taken, LastWords) && Of(await taken) == Delivery.Taken
            ? Delivery.Late
            : Delivery.Gone;
    }

    private static Delivery Of(FlushResult result) =>
        result.IsCompleted || result.IsCanceled ? Delivery.Gone : Delivery.Taken;

    private async Task<bool> IsTakenAsync(Task taken, TimeSpan patience)
    {
        try
        {
            await taken.WaitAsync(patience, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
