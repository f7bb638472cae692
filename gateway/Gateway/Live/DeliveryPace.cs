namespace Sequencer.Gateway.Live;

/// <summary>
/// Holds delivery back while many append: subscribers get behind rather than writers slow, and
/// catch up when there is room. Then one page is made at a time, in the order in which subscribers
/// come, and what is delivered is in proportion to what is appended, so that delivery's part of the
/// processors is a small one however many there are and whoever else uses them. Otherwise nobody
/// waits.
/// </summary>
/// <remarks>For any number of threads.</remarks>
/// <param name="isBusy">Whether many append, and are answered.</param>
/// <param name="appended">The volume appended so far, in bytes.</param>
/// <param name="time">Measures.</param>
internal sealed class DeliveryPace(Func<bool> isBusy, Func<long> appended, TimeProvider time)
    : IDisposable
{
    /// <summary>Bytes that may be delivered for each byte of volume: the event of every entry, and
    /// half as much again. A byte delivered costs some 4 ns of a processor, an entry of 200 bytes
    /// some 80 us.</summary>
    public const int BytesPerByte = 2;

    /// <summary>What a page counts for besides its bytes: a wake-up, a flush and a packet cost as
    /// much as these. Who gets behind gets fewer and longer pages.</summary>
    public const int PageBytes = 16 * 1024;

    // What may be put by, for those who come all at once.
    private const long CreditMax = 2 * 1024 * 1024;

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(4);

    private readonly SemaphoreSlim _turn = new(1);

    // Belong to who has the turn.
    private long _credit;
    private long _credited;

    /// <summary>Waits until a page may be made.</summary>
    /// <returns>True if that is this caller's turn, which ends with <see cref="Leave"/>.</returns>
    public async ValueTask<bool> EnterAsync()
    {
        if (!isBusy()) return false;
        await _turn.WaitAsync();
        while (IsOwing() && isBusy()) await Task.Delay(Rest, time);
        return true;
    }

    /// <summary>Ends a turn.</summary>
    /// <param name="bytes">What was taken; 0 for nothing.</param>
    public void Leave(int bytes)
    {
        if (bytes > 0) _credit -= bytes + PageBytes;
        _turn.Release();
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private bool IsOwing()
    {
        long volume = appended();
        _credit = Math.Min(_credit + (volume - _credited) * BytesPerByte, CreditMax);
        _credited = volume;
        return _credit < 0;
    }
}
