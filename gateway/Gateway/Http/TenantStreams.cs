using System.Text;
using Sequencer.Attestation;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Http;

/// <summary>
/// Holds tenants to the count of streams that they may have: those in the log, and those that
/// requests under way will make.
/// </summary>
/// <remarks>
/// Counted from the index, so nearly: what was appended with <c>ack=sequenced</c> and is not durable
/// yet is not counted. Who asks for a stream that is there, or under way, is never refused, so that a
/// retry gets its replay whatever the limit is by then.
/// </remarks>
internal sealed class TenantStreams(PipelineState state)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, Dictionary<ChainKey, int>> _underWay = [];

    /// <summary>Counts the streams of a request's entries until it is answered; or the
    /// problem.</summary>
    /// <param name="context">The request.</param>
    /// <param name="entries">The entries, in order.</param>
    /// <param name="claim">To be disposed of with the answer.</param>
    public Problem? TryClaim(
        HttpContext context, IReadOnlyList<EntryDraft> entries, out StreamClaim? claim)
    {
        claim = null;
        long max = context.Features.Get<TenantLimits>()?.StreamsMax ?? 0;
        if (max == 0 || state.View is not { } view) return null;
        Digest tenant = Caller.Of(context).Tenant;
        var keys = new HashSet<ChainKey>();
        lock (_gate)
        {
            Dictionary<ChainKey, int> others = _underWay.GetValueOrDefault(tenant) ?? [];
            ChainIndex chains = view.Chains;
            // In this order: one that is published in between is counted once and not twice.
            ulong made = chains.Newest(ChainKey.OfStreams(tenant), ulong.MaxValue).Ordinal;
            long room = max - (long)made - others.Keys.LongCount(key => IsNew(chains, key));
            for (int i = 0; i < entries.Count; i++)
            {
                if (entries[i].Stream is not { } name) continue;
                ChainKey key = ChainKey.OfStream(tenant, Encoding.UTF8.GetBytes(name));
                if (!IsNew(chains, key) || !keys.Add(key)) continue;
                if (others.ContainsKey(key) || room-- > 0) continue;
                return Full(max) with { Index = i };
            }
            if (keys.Count == 0) return null;
            foreach (ChainKey key in keys) others[key] = others.GetValueOrDefault(key) + 1;
            _underWay[tenant] = others;
        }
        claim = new StreamClaim(this, tenant, keys);
        return null;
    }

    internal void Release(in Digest tenant, IEnumerable<ChainKey> keys)
    {
        lock (_gate)
        {
            Dictionary<ChainKey, int> underWay = _underWay[tenant];
            foreach (ChainKey key in keys)
            {
                if (--underWay[key] == 0) underWay.Remove(key);
            }
            if (underWay.Count == 0) _underWay.Remove(tenant);
        }
    }

    private static bool IsNew(ChainIndex chains, ChainKey key) =>
        chains.NewestPlace(key) == ChainRow.None;

    private static Problem Full(long max) =>
        new(ProblemKind.StreamsFull, $"The tenant may have {max} streams. Nothing was appended.")
        {
            Limit = max,
        };
}

/// <summary>Streams that a request makes, counted until it is answered.</summary>
internal sealed class StreamClaim(TenantStreams streams, Digest tenant, HashSet<ChainKey> keys)
    : IDisposable
{
    /// <summary>Counts them no more.</summary>
    public void Dispose() => streams.Release(tenant, keys);
}
