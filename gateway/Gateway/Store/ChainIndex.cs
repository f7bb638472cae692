namespace Sequencer.Gateway.Store;

/// <summary>
/// Which entries belong together, in order: those of a stream, a category, an event type; and the
/// first entries of a tenant's streams. One row for each entry in each of its chains.
/// </summary>
/// <remarks>
/// A row has a pointer to the one before it and one that jumps further back, over as many rows as a
/// skew-binary number says (Myers, "An applicative random-access stack"). So rows are only ever
/// appended, and any place of a chain is some 2 log n reads from any later one. Derived: the keys of
/// the chains and the rows lie in two flat files, and what the table in memory has is read out of
/// them when they are opened. One writer; readers stay below the size of the view that they hold.
/// </remarks>
internal sealed class ChainIndex : IDisposable
{
    private const string RowsPath = NumberIndex.Directory + "/rows";
    private const string KeysPath = NumberIndex.Directory + "/chains";

    // The writer looks at the newest rows of a chain: of a busy one they are here.
    private const int RecentRows = 16 * 1024;

    private readonly ChainFile _rows;
    private readonly ChainFile _keys;
    private readonly ChainTable _table = new();
    private readonly ChainRow[] _recent = new ChainRow[RecentRows];
    private readonly ulong _recentFrom;

    // Chains with a row that is not published: their ordinals and newest rows. The new ones among
    // them come after the table's, in order.
    private readonly Dictionary<ChainKey, (uint Chain, ulong Newest)> _staged = [];
    private readonly List<ChainKey> _stagedNew = [];

    /// <summary>Starts empty, in a directory where nothing of it is.</summary>
    public ChainIndex(IStoreFiles files)
        : this(
            ChainFile.Create(files, RowsPath, ChainRow.Size),
            ChainFile.Create(files, KeysPath, ChainKey.Size))
    {
    }

    private ChainIndex(ChainFile rows, ChainFile keys)
    {
        _rows = rows;
        _keys = keys;
        _recentFrom = rows.Flushed;
    }

    /// <summary>Rows, staged ones counted.</summary>
    public ulong RowCount => _rows.Count;

    /// <summary>Chains, staged ones counted.</summary>
    public ulong ChainCount => _keys.Count;

    /// <summary>The index as a mark says that it is; null if that is not what is there.</summary>
    public static ChainIndex? TryResume(IStoreFiles files, in DerivedMark mark)
    {
        ChainFile? rows = ChainFile.TryOpen(files, RowsPath, ChainRow.Size, mark.Rows);
        ChainFile? keys = ChainFile.TryOpen(files, KeysPath, ChainKey.Size, mark.Chains);
        if (rows is not null && keys is not null)
        {
            var index = new ChainIndex(rows, keys);
            if (index.TryReadTable(mark.Size)) return index;
        }
        rows?.Dispose();
        keys?.Dispose();
        return null;
    }

    /// <summary>Takes an entry into a chain; once, however often it is said.</summary>
    /// <param name="key">The chain.</param>
    /// <param name="number">At least as high as all before it.</param>
    public void Stage(ChainKey key, ulong number)
    {
        if (!_staged.TryGetValue(key, out (uint Chain, ulong Newest) chain)
            && !_table.TryFind(key, out chain.Chain, out chain.Newest))
        {
            chain = (_table.Count + (uint)_stagedNew.Count, ChainRow.None);
            _stagedNew.Add(key);
            key.Write(_keys.Stage());
        }
        ChainRow previous = ReadAny(chain.Newest);
        if (previous.Ordinal > 0 && previous.Number == number) return;
        ChainRow jump = ReadAny(previous.Jump);
        ChainRow further = ReadAny(jump.Jump);
        bool isJoined = previous.Ordinal - jump.Ordinal == jump.Ordinal - further.Ordinal;
        var row = new ChainRow(
            number,
            previous.Ordinal + 1,
            chain.Newest,
            isJoined ? jump.Jump : chain.Newest,
            chain.Chain);
        _staged[key] = (chain.Chain, _rows.Count);
        row.Write(_rows.Stage());
    }

    /// <summary>Forgets what was staged.</summary>
    public void Discard()
    {
        _staged.Clear();
        _stagedNew.Clear();
        _rows.Discard();
        _keys.Discard();
    }

    /// <summary>Writes what was staged.</summary>
    public void Flush()
    {
        for (ulong row = Math.Max(_rows.Flushed, _rows.Count - Math.Min(_rows.Count, RecentRows));
            row < _rows.Count;
            row++)
        {
            _recent[row % RecentRows] = ChainRow.Read(_rows.Staged(row));
        }
        _keys.Flush();
        _rows.Flush();
    }

    /// <summary>Lets readers find what was flushed.</summary>
    public void Publish()
    {
        foreach (ChainKey key in _stagedNew) _table.Add(key, _staged[key].Newest);
        foreach ((uint chain, ulong newest) in _staged.Values) _table.Set(chain, newest);
        _staged.Clear();
        _stagedNew.Clear();
    }

    /// <summary>Makes all that was flushed before the call durable.</summary>
    public void Sync()
    {
        _keys.Sync();
        _rows.Sync();
    }

    /// <summary>The newest row of a chain with a number below <paramref name="size"/>;
    /// <see cref="ChainRow.Nothing"/> if there is none.</summary>
    public ChainRow Newest(ChainKey key, ulong size) =>
        _table.TryFind(key, out _, out ulong newest) ? Below(Read(newest), size) : ChainRow.Nothing;

    /// <summary>The newest row with a number below a limit, from a row of its chain on back;
    /// <see cref="ChainRow.Nothing"/> if there is none.</summary>
    public ChainRow Below(ChainRow row, ulong limit)
    {
        while (row.Ordinal > 0 && row.Number >= limit)
        {
            ChainRow jump = Earlier(row, row.Jump);
            row = jump.Ordinal > 0 && jump.Number >= limit ? jump : Before(row);
        }
        return row;
    }

    /// <summary>The row at a place of the chain, from a row at or after it.</summary>
    public ChainRow At(ChainRow row, ulong ordinal)
    {
        while (row.Ordinal > ordinal)
        {
            ChainRow jump = Earlier(row, row.Jump);
            row = jump.Ordinal >= ordinal ? jump : Before(row);
        }
        return row;
    }

    /// <summary>The row before one; <see cref="ChainRow.Nothing"/> before the first.</summary>
    /// <exception cref="IOException">The file is damaged.</exception>
    public ChainRow Before(in ChainRow row)
    {
        ChainRow before = Earlier(row, row.Previous);
        return before.Ordinal + 1 == row.Ordinal ? before : throw Damaged();
    }

    /// <summary>The rows of a chain behind a place, up to another, in order.</summary>
    /// <param name="newest">A row at or after the last.</param>
    /// <param name="after">The place before the first.</param>
    /// <param name="last">The last's place, not below <paramref name="after"/>.</param>
    public ChainRow[] Between(in ChainRow newest, ulong after, ulong last)
    {
        var rows = new ChainRow[last - after];
        if (rows.Length == 0) return rows;
        ChainRow row = rows[^1] = At(newest, last);
        for (int i = rows.Length - 2; i >= 0; i--) row = rows[i] = Before(row);
        return rows;
    }

    public void Dispose()
    {
        _rows.Dispose();
        _keys.Dispose();
    }

    /// <summary>What a reader says who finds that an entry is not of the chain it is in.</summary>
    public static IOException Damaged() => new(
        $"The index is damaged: stop the gateway, delete the directory {NumberIndex.Directory}, and "
        + "it is made anew.");

    // What always gets smaller comes to an end, whatever the disk has made of it.
    private ChainRow Earlier(in ChainRow row, ulong place)
    {
        ChainRow earlier = Read(place);
        return earlier.Ordinal < row.Ordinal
            && (earlier.Ordinal == 0 || earlier.Number < row.Number)
                ? earlier
                : throw Damaged();
    }

    private ChainRow Read(ulong row)
    {
        if (row == ChainRow.None) return ChainRow.Nothing;
        Span<byte> bytes = stackalloc byte[ChainRow.Size];
        _rows.Read(row, bytes);
        return ChainRow.Read(bytes);
    }

    // For the writer, who knows rows that are not in the file yet.
    private ChainRow ReadAny(ulong row)
    {
        if (row == ChainRow.None) return ChainRow.Nothing;
        if (row >= _rows.Flushed) return ChainRow.Read(_rows.Staged(row));
        return row >= _recentFrom && row + RecentRows >= _rows.Flushed
            ? _recent[row % RecentRows]
            : Read(row);
    }

    private bool TryReadTable(ulong size)
    {
        bool hasKeys = _keys.TryReadAll(key =>
        {
            _table.Add(ChainKey.Read(key), ChainRow.None);
            return true;
        });
        ulong next = 0;
        bool hasRows = hasKeys && _rows.TryReadAll(bytes =>
        {
            ChainRow row = ChainRow.Read(bytes);
            bool isSound = row.Number < size && row.Chain < _table.Count
                && row.Ordinal > 0 && (row.Previous < next || row.Previous == ChainRow.None)
                && (row.Jump < next || row.Jump == ChainRow.None);
            if (isSound) _table.Set(row.Chain, next++);
            return isSound;
        });
        return hasRows;
    }
}
