namespace Sequencer.Client;

/// <summary>An entry to be appended. The limits are those of docs/PROTOCOL.md section 1.</summary>
public sealed record NewEntry
{
    /// <summary>The payload; may be empty.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Content type of the payload; empty for none.</summary>
    public string ContentType { get; init; } = "";

    /// <summary>Event type; empty for none.</summary>
    public string Type { get; init; } = "";

    /// <summary>The caller's pairs, in any order; keys are distinct.</summary>
    public IReadOnlyCollection<KeyValuePair<string, string>> Metadata { get; init; } = [];

    /// <summary>The stream that it is appended to; null for none.</summary>
    public string? Stream { get; init; }

    /// <summary>What the stream must be like; needs a <see cref="Stream"/>.</summary>
    public ExpectedVersion Expected { get; init; }

    /// <summary>What must hold of streams besides, this one or others; at most 64 guards and updates
    /// in all.</summary>
    public IReadOnlyList<StreamGuard> Guards { get; init; } = [];

    /// <summary>
    /// 1 to 255 visible ASCII characters; null for none. Only an entry with a key is sent again
    /// when its answer is lost: the same key and entry are appended once.
    /// </summary>
    public string? IdempotencyKey { get; init; }
}
