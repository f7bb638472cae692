namespace Sequencer.Gateway.Tests.Model;

/// <summary>
/// An entry as a caller asks for it. Two that are equal are the same request.
/// </summary>
/// <param name="Payload">Its payload, a word.</param>
/// <param name="Stream">The stream that it is appended to; null for none.</param>
/// <param name="Expected">What the stream must be like: any, none, exists, or its version.</param>
/// <param name="Key">Its idempotency key; null for none.</param>
/// <param name="Place">Its place among the entries of the request that share the key.</param>
internal sealed record Entry(
    string Payload, string? Stream, string Expected, string? Key, int Place = 0)
{
    public bool HasKeyOf(Entry other) => Key is not null && (Key, Place) == (other.Key, other.Place);

    public override string ToString() =>
        Payload
        + (Stream is null ? "" : $" to {Stream}")
        + (Expected == "any" ? "" : $" if {Expected}")
        + (Key is null ? "" : $" key {Key}/{Place}");
}

/// <summary>What becomes of an appending request as a whole.</summary>
internal enum Form
{
    /// <summary><c>POST /v1/entries</c>.</summary>
    Single,

    /// <summary><c>POST /v1/entries:batch</c>.</summary>
    Batch,

    /// <summary>The same with <c>atomic=true</c>.</summary>
    Atomic,
}

/// <summary>A request that appends.</summary>
/// <param name="Form">How it is sent.</param>
/// <param name="HasHeaderKey">True if one key stands in the header, for all entries.</param>
/// <param name="IsSequenced">True for <c>ack=sequenced</c>, false for <c>durable</c>.</param>
/// <param name="Entries">What it appends.</param>
internal sealed record Post(Form Form, bool HasHeaderKey, bool IsSequenced, Entry[] Entries)
{
    /// <summary>The entries that stand or fall together.</summary>
    public IEnumerable<Entry[]> Groups => Form == Form.Batch
        ? Entries.Select(entry => (Entry[])[entry])
        : [Entries];

    public override string ToString() =>
        $"{Form}{(IsSequenced ? " sequenced" : "")} [{string.Join("; ", (object[])Entries)}]";
}

/// <summary>What a script does next.</summary>
internal abstract record Step;

/// <summary>Sends requests at the same time.</summary>
internal sealed record Send(Post[] Posts) : Step
{
    public override string ToString() => string.Join("\n  at once: ", (object[])Posts);
}

/// <summary>The same, but the enclave ends when it has numbered them, and nothing of it is on the
/// disk; another one goes on.</summary>
internal sealed record SendAndLose(Post[] Posts) : Step
{
    public override string ToString() => $"lost by the enclave: {new Send(Posts)}";
}

/// <summary>Reads one record.</summary>
internal sealed record ReadOne(int Number) : Step;

/// <summary>Reads records upwards.</summary>
internal sealed record ReadRange(int From, int Limit) : Step;

/// <summary>Reads the entries with a payload, newest first.</summary>
internal sealed record ReadPayload(string Payload) : Step;

/// <summary>Ends the gateway and starts another on its directory.</summary>
internal sealed record RestartGateway : Step;

/// <summary>Ends the enclave and starts another, which opens the next epoch.</summary>
internal sealed record RestartEnclave : Step;
