using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Store;

/// <summary>Which chains an entry is in, and the names that say so.</summary>
internal static class EntryChains
{
    /// <summary>Takes an entry into its chains.</summary>
    /// <param name="chains">The chains.</param>
    /// <param name="entry">Its record, which has the keys of its streams.</param>
    /// <param name="request">Its request, which has their names; may be lost.</param>
    /// <param name="metadata">Its metadata, which has its type; may be lost.</param>
    public static void Stage(
        ChainIndex chains,
        in EntryRecord entry,
        ReadOnlySpan<byte> request,
        ReadOnlySpan<byte> metadata)
    {
        ulong number = entry.Header.Number;
        for (int i = 0; i < entry.CellCount; i++)
        {
            CellValue cell = entry.Cell(i);
            chains.Stage(ChainKey.OfStream(cell.Key), number);
            if (cell.Value == 1) chains.Stage(ChainKey.OfStreams(entry.Tenant), number);
        }
        if (entry.CellCount > 0) StageCategories(chains, entry, request);
        ReadOnlySpan<byte> type = TypeOf(metadata);
        if (!type.IsEmpty) chains.Stage(ChainKey.OfType(entry.Tenant, type), number);
    }

    /// <summary>A stream's category: its name up to the first hyphen, or all of it; empty for one that
    /// begins with a hyphen, which has none.</summary>
    public static ReadOnlySpan<byte> CategoryOf(ReadOnlySpan<byte> stream)
    {
        int hyphen = stream.IndexOf((byte)'-');
        return hyphen < 0 ? stream : stream[..hyphen];
    }

    /// <summary>The event type that a metadata block begins with; empty for none.</summary>
    public static ReadOnlySpan<byte> TypeOf(ReadOnlySpan<byte> metadata) =>
        metadata.Length > 1 && metadata.Length >= 2 + metadata[1]
            ? metadata.Slice(2, metadata[1])
            : default;

    private static void StageCategories(
        ChainIndex chains, in EntryRecord entry, ReadOnlySpan<byte> request)
    {
        foreach (StreamUpdate update in new StreamUpdates(entry, request))
        {
            ReadOnlySpan<byte> category = CategoryOf(update.Name);
            if (category.IsEmpty) continue;
            chains.Stage(ChainKey.OfCategory(entry.Tenant, category), entry.Header.Number);
            if (update.Version != 1) continue;
            chains.Stage(ChainKey.OfStreams(entry.Tenant, category), entry.Header.Number);
        }
    }
}

/// <summary>A stream that an entry was appended to.</summary>
/// <param name="name">Its name.</param>
/// <param name="version">The version that it got.</param>
internal readonly ref struct StreamUpdate(ReadOnlySpan<byte> name, long version)
{
    public ReadOnlySpan<byte> Name { get; } = name;

    public long Version { get; } = version;
}

/// <summary>The streams that an entry was appended to; none if its request is lost.</summary>
internal ref struct StreamUpdates
{
    private readonly EntryRecord _entry;
    private OperationEnumerator _operations;
    private int _cell = -1;

    public StreamUpdates(EntryRecord entry, ReadOnlySpan<byte> request)
    {
        _entry = entry;
        if (AppendRequest.TryParse(request, out AppendRequest asked)) _operations = asked.Operations;
    }

    public readonly StreamUpdate Current =>
        new(_operations.Current.Name, _entry.Cell(_cell).Value);

    public readonly StreamUpdates GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_operations.MoveNext())
        {
            if (!_operations.Current.IsUpdate) continue;
            return ++_cell < _entry.CellCount;
        }
        return false;
    }
}
