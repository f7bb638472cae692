using System.Globalization;
using Sequencer.Attestation;
using Sequencer.Gateway.Http;

namespace Sequencer.Gateway.Access;

/// <summary>
/// What each tenant may still use. Knows at most <see cref="TenantsMax"/> tenants at once: those who
/// used nothing for a second are forgotten, which gives them nothing.
/// </summary>
internal sealed class TenantAllowances(TimeProvider time)
{
    /// <summary>Most tenants that are known at once.</summary>
    public const int TenantsMax = 16_384;

    private readonly Dictionary<Digest, TenantAllowance> _known = [];
    private readonly Lock _gate = new();
    private readonly long _start = time.GetTimestamp();
    private long _sweptAt = -TimeSpan.TicksPerSecond;

    /// <summary>How many are known.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _known.Count;
        }
    }

    /// <summary>Takes a request of a tenant, and lets its body be counted; or the
    /// problem.</summary>
    public Problem? TakeRequest(HttpContext context, in Digest tenant, TenantLimits limits)
    {
        if (limits is { RequestsPerSecond: 0, BytesPerSecond: 0 }) return null;
        if (Find(tenant, limits) is not { } allowance)
        {
            return RateLimited(TimeSpan.FromSeconds(1), "More tenants than are told apart at once.");
        }
        TimeSpan wait = allowance.TakeRequest();
        if (wait > TimeSpan.Zero)
        {
            return RateLimited(wait, $"At most {limits.RequestsPerSecond} requests a second.");
        }
        if (limits.BytesPerSecond > 0) context.Features.Set(new ByteAllowance(allowance));
        return null;
    }

    /// <summary>Ticks since this began.</summary>
    internal long Now => time.GetElapsedTime(_start).Ticks;

    internal static Problem RateLimited(TimeSpan wait, string detail)
    {
        int seconds = (int)Math.Min(int.MaxValue, Math.Ceiling(wait.TotalSeconds));
        return new Problem(
            ProblemKind.RateLimited,
            string.Create(CultureInfo.InvariantCulture, $"{detail} Nothing was appended; wait {seconds} s."))
        {
            WaitSeconds = seconds,
        };
    }

    private TenantAllowance? Find(in Digest tenant, TenantLimits limits)
    {
        lock (_gate)
        {
            if (!_known.TryGetValue(tenant, out TenantAllowance? allowance))
            {
                if (_known.Count >= TenantsMax) Sweep();
                if (_known.Count >= TenantsMax) return null;
                _known[tenant] = allowance = new TenantAllowance(this);
            }
            allowance.Limits = limits;
            return allowance;
        }
    }

    // Once a second at most: whoever makes tenants up must not make each request walk them all.
    private void Sweep()
    {
        long now = Now;
        if (now - _sweptAt < TimeSpan.TicksPerSecond) return;
        _sweptAt = now;
        foreach ((Digest tenant, TenantAllowance allowance) in _known)
        {
            if (allowance.IsUnused) _known.Remove(tenant);
        }
    }
}

/// <summary>What one tenant may still use.</summary>
internal sealed class TenantAllowance(TenantAllowances all)
{
    private readonly Lock _gate = new();
    private TokenBucket _requests;
    private TokenBucket _bytes;

    /// <summary>As they stood at the newest request.</summary>
    public TenantLimits Limits { get; set; } = TenantLimits.None;

    /// <summary>Whether it is as one that was just made.</summary>
    public bool IsUnused
    {
        get
        {
            lock (_gate)
            {
                return _requests.IsFull(Limits.RequestsPerSecond, all.Now)
                    && _bytes.IsFull(Limits.BytesPerSecond, all.Now);
            }
        }
    }

    /// <summary>Takes a request; or how long to wait.</summary>
    public TimeSpan TakeRequest() => Take(ref _requests, Limits.RequestsPerSecond, 1);

    /// <summary>Takes bytes; or how long to wait.</summary>
    public TimeSpan TakeBytes(long count) => Take(ref _bytes, Limits.BytesPerSecond, count);

    private TimeSpan Take(ref TokenBucket bucket, long rate, long cost)
    {
        if (rate <= 0) return TimeSpan.Zero;
        lock (_gate) return bucket.Take(cost, rate, all.Now);
    }
}

/// <summary>The bytes of one request's body, as its tenant may still send them.</summary>
internal sealed class ByteAllowance(TenantAllowance tenant)
{
    /// <summary>A problem if the tenant may send nothing at the moment; asked before a body is
    /// read.</summary>
    public static Problem? Judge(HttpContext context) => Take(context, 0);

    /// <summary>Takes the bytes of a body; or the problem.</summary>
    public static Problem? Take(HttpContext context, long bytes) =>
        context.Features.Get<ByteAllowance>()?.Take(bytes);

    private Problem? Take(long bytes)
    {
        TimeSpan wait = tenant.TakeBytes(bytes);
        return wait == TimeSpan.Zero
            ? null
            : TenantAllowances.RateLimited(wait, $"At most {tenant.Limits.BytesPerSecond} bytes a second.");
    }
}
