using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Store;

/// <summary>A stream as it stands in a view.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version: the count of its entries, at least 1.</param>
/// <param name="First">Number of its first entry.</param>
/// <param name="Last">Number of its newest entry.</param>
public sealed record StreamState(string Name, long Version, ulong First, ulong Last);

/// <summary>Some streams of a tenant, in order of their first entries.</summary>
/// <param name="Streams">The streams; may be fewer than were asked for while there are more.</param>
/// <param name="Next">The number to go on from; null at the end.</param>
public sealed record StreamPage(IReadOnlyList<StreamState> Streams, ulong? Next);

/// <summary>Finds the streams of a tenant.</summary>
public static class StreamList
{
    /// <summary>A stream; null if it does not exist.</summary>
    /// <exception cref="IOException">The disk failed, or the index is damaged.</exception>
    public static StreamState? Find(LogView view, in Digest tenant, string name)
    {
        EntrySelection selection = EntrySelection.Stream(tenant, name);
        ChainRow newest = view.Chains.Newest(selection.Key, view.Size);
        if (newest.Ordinal == 0) return null;
        ChainRow first = view.Chains.At(newest, 1);
        return selection.Includes(view, newest) && selection.Includes(view, first)
            ? new StreamState(name, (long)newest.Ordinal, first.Number, newest.Number)
            : null;
    }

    /// <summary>
    /// The streams whose first entries have numbers from <paramref name="from"/> on. One whose first
    /// entry has lost its request is not among them, since nothing else has its name.
    /// </summary>
    /// <param name="view">The log.</param>
    /// <param name="tenant">Whose.</param>
    /// <param name="category">Only those of a category; null for all.</param>
    /// <param name="from">The lowest number.</param>
    /// <param name="countMax">At most so many entries are looked at.</param>
    /// <exception cref="IOException">The disk failed, or the index is damaged.</exception>
    public static StreamPage Read(
        LogView view, in Digest tenant, string? category, ulong from, int countMax)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(category ?? "");
        ChainIndex chains = view.Chains;
        ChainKey key = category is null
            ? ChainKey.OfStreams(tenant)
            : ChainKey.OfStreams(tenant, wanted);
        ChainRow newest = chains.Newest(key, view.Size);
        ulong before = chains.Below(newest, from).Ordinal;
        ulong last = Math.Min(newest.Ordinal, before + (ulong)countMax);
        ChainRow[] rows = chains.Between(newest, before, last);
        var streams = new List<StreamState>(rows.Length);
        foreach (ref readonly ChainRow row in rows.AsSpan())
        {
            AddMadeBy(view, tenant, category, row.Number, streams);
        }
        return new StreamPage(streams, last < newest.Ordinal ? rows[^1].Number + 1 : null);
    }

    private static void AddMadeBy(
        LogView view,
        in Digest tenant,
        string? category,
        ulong number,
        List<StreamState> streams)
    {
        StoredHead head = view.ReadHead(number);
        if (head.Status != PayloadStatus.Whole) return;
        if (!EntryRecord.TryParse(head.Record.Span, out EntryRecord entry)
            || entry.Tenant != tenant)
        {
            throw ChainIndex.Damaged();
        }
        foreach (StreamUpdate update in new StreamUpdates(entry, head.Request.Span))
        {
            if (update.Version != 1) continue;
            if (category is not null
                && Encoding.UTF8.GetString(EntryChains.CategoryOf(update.Name)) != category)
            {
                continue;
            }
            streams.Add(Find(view, tenant, Encoding.UTF8.GetString(update.Name))
                ?? throw ChainIndex.Damaged());
        }
    }
}
