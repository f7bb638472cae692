namespace Sequencer.Gateway.Tests.Model;

/// <summary>What a stream must be like.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Expected">none, exists, its version, or "since n": nothing was appended to it after
/// number n.</param>
internal sealed record Guard(string Stream, string Expected)
{
    /// <summary>Whether it asks for a number instead of a version.</summary>
    public bool IsSince => Expected.StartsWith("since ", StringComparison.Ordinal);
}

/// <summary>An entry as a caller asks for it.</summary>
/// <param name="Payload">Its payload, a word, which is its event type too.</param>
/// <param name="Stream">The stream that it is appended to; null for none.</param>
/// <param name="Expected">What that stream must be like; any for whatever it is.</param>
/// <param name="Key">Its idempotency key; null for none.</param>
/// <param name="Place">Its place among the entries of the request that share the key.</param>
/// <param name="Also">What another stream must be like, or the same one besides; null for nothing.
/// </param>
internal sealed record Entry(
    string Payload,
    string? Stream,
    string Expected,
    string? Key,
    int Place = 0,
    Guard? Also = null)
{
    /// <summary>What is evaluated, in that order.</summary>
    public IEnumerable<Guard> Guards
    {
        get
        {
            if (Also is not null) yield return Also;
            if (Stream is not null && Expected != "any") yield return new Guard(Stream, Expected);
        }
    }

    /// <summary>True if both have a key, and the same one.</summary>
    public bool HasKeyOf(Entry other) =>
        Key is not null && (Key, Place) == (other.Key, other.Place);

    /// <summary>True if they ask for the same, in whichever words.</summary>
    public bool IsSameAs(Entry other) =>
        (Payload, Stream, Key, Place) == (other.Payload, other.Stream, other.Key, other.Place)
        && Guards.SequenceEqual(other.Guards);

    public override string ToString() =>
        Payload
        + (Stream is null ? "" : $" to {Stream}")
        + (Expected == "any" ? "" : $" if {Expected}")
        + (Also is null ? "" : $" and {Also.Stream} {Also.Expected}")
        + (Key is null ? "" : $" key {Key}/{Place}");
}

/// <summary>What becomes of an appending request as a whole.</summary>
internal enum Form
{
    /// <summary>One entry.</summary>
    Single,

    /// <summary>Many, each for itself.</summary>
    Batch,

    /// <summary>Many, all or none.</summary>
    Atomic,
}

/// <summary>A request that appends.</summary>
/// <param name="Form">How it is sent.</param>
/// <param name="HasHeaderKey">True if one key stands in the header, for all entries.</param>
/// <param name="IsSequenced">True for <c>ack=sequenced</c>, false for <c>durable</c>.</param>
/// <param name="Entries">What it appends.</param>
internal sealed record Post(Form Form, bool HasHeaderKey, bool IsSequenced, Entry[] Entries)
{
    /// <summary>Whose it is.</summary>
    public int Tenant { get; init; }

    /// <summary>Whether it is sent to its stream's path, if it can be.</summary>
    public bool PrefersPath { get; init; }

    /// <summary>The stream whose path it is sent to; null for <c>/v1/entries</c>.</summary>
    public string? PathStream =>
        PrefersPath && Form != Form.Batch
        && Entries.All(e => e.Stream == Entries[0].Stream)
        && Entries.Skip(1).All(e => e.Expected == "any")
            ? Entries[0].Stream
            : null;

    /// <summary>The entries that stand or fall together.</summary>
    public IEnumerable<Entry[]> Groups => Form == Form.Batch
        ? Entries.Select(entry => (Entry[])[entry])
        : [Entries];

    public override string ToString() =>
        (Tenant == 0 ? "" : "other tenant: ")
        + $"{Form}{(PathStream is null ? "" : " by path")}{(IsSequenced ? " sequenced" : "")} "
        + $"[{string.Join("; ", (object[])Entries)}]";
}
