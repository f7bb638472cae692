namespace Sequencer.Gateway.Store;

/// <summary>Which way a sequence is read.</summary>
public enum ReadDirection
{
    /// <summary>From lower to higher.</summary>
    Forwards,

    /// <summary>From higher to lower.</summary>
    Backwards,
}

/// <summary>Where an entry is.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Position">Its position in the sequence: the number, or of a stream the version.
/// </param>
public readonly record struct EntryPlace(ulong Number, ulong Position);

/// <summary>Some entries of a sequence.</summary>
/// <param name="Entries">In the direction of reading; may be fewer than were asked for, and none,
/// while there are more.</param>
/// <param name="Next">The position to go on from: with this view if there is more, otherwise,
/// forwards, with a later one.</param>
/// <param name="HasMore">Whether this view has entries behind them.</param>
public sealed record EntryPage(IReadOnlyList<EntryPlace> Entries, ulong Next, bool HasMore);

/// <summary>
/// The entries of a selection in order, page by page. A position is a number, or of a stream a
/// version; reading begins with the entry at the position, or the one after it in the direction.
/// </summary>
/// <remarks>
/// Reading forwards ends, in each view, at a <see cref="EntryPage.Next"/> before which nothing can
/// come any more: whoever goes on from there with a later view sees every entry once. What the index
/// says is compared with the entries themselves.
/// </remarks>
/// <param name="selection">Which entries.</param>
/// <param name="direction">Which way.</param>
public sealed class EntrySequence(EntrySelection selection, ReadDirection direction)
{
    /// <summary>Which entries.</summary>
    public EntrySelection Selection => selection;

    /// <summary>Which way.</summary>
    public ReadDirection Direction => direction;

    /// <summary>The first entry's position in a view: the lowest there can be, or the newest.
    /// </summary>
    public ulong StartOf(LogView view) => direction == ReadDirection.Backwards
        ? selection.IsByVersion ? long.MaxValue : Math.Max(view.Size, 1) - 1
        : selection.IsByVersion ? 1u : 0u;

    /// <summary>Reads at most so many entries from a position on.</summary>
    /// <param name="view">The log.</param>
    /// <param name="from">The position.</param>
    /// <param name="countMax">At least 1.</param>
    /// <exception cref="IOException">The disk failed, or the index is damaged.</exception>
    public EntryPage Read(LogView view, ulong from, int countMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(countMax, 1);
        if (selection.Kind == SelectionKind.All)
        {
            return direction == ReadDirection.Forwards
                ? AllForwards(view, from, countMax)
                : AllBackwards(view, from, countMax);
        }
        return direction == ReadDirection.Forwards
            ? Forwards(view, from, countMax)
            : Backwards(view, from, countMax);
    }

    private static EntryPage AllForwards(LogView view, ulong from, int countMax)
    {
        ulong first = Math.Min(from, view.Size);
        var entries = new EntryPlace[(int)Math.Min((ulong)countMax, view.Size - first)];
        for (int i = 0; i < entries.Length; i++) entries[i] = Plain(first + (ulong)i);
        ulong next = first + (ulong)entries.Length;
        // A position that is not there yet stays the position.
        return new EntryPage(entries, Math.Max(next, from), next < view.Size);
    }

    private static EntryPage AllBackwards(LogView view, ulong from, int countMax)
    {
        ulong end = from < view.Size ? from + 1 : view.Size;
        var entries = new EntryPlace[(int)Math.Min((ulong)countMax, end)];
        for (int i = 0; i < entries.Length; i++) entries[i] = Plain(end - 1 - (ulong)i);
        ulong left = end - (ulong)entries.Length;
        return new EntryPage(entries, Math.Max(left, 1) - 1, left > 0);
    }

    private static EntryPlace Plain(ulong number) => new(number, number);

    private EntryPage Forwards(LogView view, ulong from, int countMax)
    {
        ChainIndex chains = view.Chains;
        ChainRow newest = chains.Newest(selection.Key, view.Size);
        ulong before = selection.IsByVersion
            ? Math.Min(Math.Max(from, 1) - 1, newest.Ordinal)
            : chains.Below(newest, from).Ordinal;
        ulong last = Math.Min(newest.Ordinal, before + (ulong)countMax);
        ChainRow[] rows = chains.Between(newest, before, last);
        bool hasMore = last < newest.Ordinal;
        ulong next = selection.IsByVersion ? last + 1
            : hasMore ? rows[^1].Number + 1
            : view.Size;
        return new EntryPage(Taken(view, rows), Math.Max(next, from), hasMore);
    }

    private EntryPage Backwards(LogView view, ulong from, int countMax)
    {
        ChainIndex chains = view.Chains;
        ChainRow newest = chains.Newest(selection.Key, view.Size);
        ChainRow row = selection.IsByVersion
            ? chains.At(newest, Math.Min(from, newest.Ordinal))
            : from == ulong.MaxValue ? newest : chains.Below(newest, from + 1);
        var rows = new ChainRow[Math.Min((ulong)countMax, row.Ordinal)];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = row;
            row = chains.Before(row);
        }
        return new EntryPage(
            Taken(view, rows), selection.IsByVersion ? row.Ordinal : row.Number, row.Ordinal > 0);
    }

    private List<EntryPlace> Taken(LogView view, ChainRow[] rows)
    {
        var entries = new List<EntryPlace>(rows.Length);
        foreach (ref readonly ChainRow row in rows.AsSpan())
        {
            if (!selection.Includes(view, row)) continue;
            ulong position = selection.IsByVersion ? row.Ordinal : row.Number;
            entries.Add(new EntryPlace(row.Number, position));
        }
        return entries;
    }
}
