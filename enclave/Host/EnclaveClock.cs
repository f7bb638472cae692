using Sequencer.Attestation.Nitro;

namespace Sequencer.Enclave.Host;

/// <summary>
/// The enclave's time: the NSM's, carried forward by a monotonic counter and asked for anew once it
/// is a minute old. The system clock is the host's to set and is never read.
/// </summary>
/// <remarks>
/// Never decreases. Between two anchors it trusts the counter, which the host might slow or rush,
/// for a minute at most. Owned by one thread.
/// </remarks>
public sealed class EnclaveClock
{
    /// <summary>How long an anchor serves.</summary>
    public static readonly TimeSpan AnchorAgeMax = TimeSpan.FromMinutes(1);

    private readonly INsm _nsm;
    private readonly TimeProvider _counter;
    private DateTimeOffset _anchor;
    private long _anchoredAt;
    private bool _isAnchored;
    private ulong _lastMs;

    /// <summary>Takes its time from <paramref name="nsm"/>, its minutes from the counter.</summary>
    public EnclaveClock(INsm nsm, TimeProvider counter)
    {
        _nsm = nsm;
        _counter = counter;
    }

    /// <summary>Unix milliseconds.</summary>
    /// <exception cref="NsmException">A new anchor was due and the device gave none: there is no
    /// time then, rather than an older one.</exception>
    public ulong NowMs()
    {
        TimeSpan age = _isAnchored ? _counter.GetElapsedTime(_anchoredAt) : AnchorAgeMax;
        if (age >= AnchorAgeMax)
        {
            Anchor();
            age = TimeSpan.Zero;
        }
        ulong nowMs = (ulong)(_anchor + age).ToUnixTimeMilliseconds();
        _lastMs = Math.Max(_lastMs, nowMs);
        return _lastMs;
    }

    private void Anchor()
    {
        byte[] document = _nsm.Attest(default);
        // Read after the device has answered: the clock may lag by that call, but is never ahead.
        long answeredAt = _counter.GetTimestamp();
        if (!UnverifiedAttestation.TryParse(document, out var parsed, out var refusal))
        {
            throw new NsmException($"The NSM's document cannot be read: {refusal.Message}");
        }
        _anchor = parsed.Timestamp;
        _anchoredAt = answeredAt;
        _isAnchored = true;
    }
}
