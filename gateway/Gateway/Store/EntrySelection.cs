using System.Text;
using Sequencer.Attestation;
using Sequencer.Attestation.Log;

namespace Sequencer.Gateway.Store;

/// <summary>What of a log is read.</summary>
public enum SelectionKind
{
    /// <summary>Every record, of whichever tenant and kind.</summary>
    All,

    /// <summary>The entries of a stream.</summary>
    Stream,

    /// <summary>The entries of all streams of a category.</summary>
    Category,

    /// <summary>The entries of an event type.</summary>
    Type,
}

/// <summary>Which records are read, one after the other. What has a name is a tenant's own.</summary>
public sealed class EntrySelection
{
    private readonly byte[] _name;

    private EntrySelection(SelectionKind kind, in Digest tenant, string name)
    {
        Kind = kind;
        Tenant = tenant;
        Name = name;
        _name = Encoding.UTF8.GetBytes(name);
        Key = kind switch
        {
            SelectionKind.Stream => ChainKey.OfStream(tenant, _name),
            SelectionKind.Category => ChainKey.OfCategory(tenant, _name),
            SelectionKind.Type => ChainKey.OfType(tenant, _name),
            _ => default,
        };
    }

    /// <summary>Every record.</summary>
    public static EntrySelection All { get; } = new(SelectionKind.All, default, "");

    /// <summary>Which.</summary>
    public SelectionKind Kind { get; }

    /// <summary>Whose; zero for all.</summary>
    public Digest Tenant { get; }

    /// <summary>Name of the stream, category or event type; empty for all.</summary>
    public string Name { get; }

    /// <summary>True if positions are versions of the stream, from 1; otherwise they are numbers.
    /// </summary>
    public bool IsByVersion => Kind == SelectionKind.Stream;

    /// <summary>Its chain; not for all.</summary>
    internal ChainKey Key { get; }

    /// <summary>The entries of a tenant's stream, by version.</summary>
    public static EntrySelection Stream(in Digest tenant, string name) =>
        new(SelectionKind.Stream, tenant, name);

    /// <summary>The entries of a tenant's streams whose names up to the first hyphen are this.
    /// </summary>
    public static EntrySelection Category(in Digest tenant, string name) =>
        new(SelectionKind.Category, tenant, name);

    /// <summary>A tenant's entries of an event type.</summary>
    public static EntrySelection Type(in Digest tenant, string name) =>
        new(SelectionKind.Type, tenant, name);

    /// <summary>
    /// Whether a row of the index is right about its entry. One whose names are lost is not taken
    /// either: nobody can tell any more.
    /// </summary>
    /// <exception cref="IOException">The entry is another one's: the index is damaged.</exception>
    internal bool Includes(LogView view, in ChainRow row)
    {
        bool? isMember = Kind switch
        {
            SelectionKind.Stream => IsVersion(view.ReadRecord(row.Number), row.Ordinal),
            _ => IsNamed(view.ReadHead(row.Number)),
        };
        return isMember switch
        {
            true => true,
            null => false,
            _ => throw ChainIndex.Damaged(),
        };
    }

    private bool IsVersion(ReadOnlySpan<byte> record, ulong version)
    {
        if (!EntryRecord.TryParse(record, out EntryRecord entry)) return false;
        Digest key = Derivation.CellKey(Tenant, (byte)CellKind.Stream, _name);
        for (int i = 0; i < entry.CellCount; i++)
        {
            CellValue cell = entry.Cell(i);
            if (cell.Key == key) return (ulong)cell.Value == version;
        }
        return false;
    }

    private bool? IsNamed(StoredHead head)
    {
        if (!EntryRecord.TryParse(head.Record.Span, out EntryRecord entry)
            || entry.Tenant != Tenant)
        {
            return false;
        }
        if (head.Status != PayloadStatus.Whole) return null;
        if (Kind == SelectionKind.Type)
        {
            return EntryChains.TypeOf(head.Metadata.Span).SequenceEqual(_name);
        }
        foreach (StreamUpdate update in new StreamUpdates(entry, head.Request.Span))
        {
            if (EntryChains.CategoryOf(update.Name).SequenceEqual(_name)) return true;
        }
        return false;
    }
}
