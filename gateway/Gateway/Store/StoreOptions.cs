namespace Sequencer.Gateway.Store;

/// <summary>What may be chosen about a store; nothing of it changes the format.</summary>
public sealed record StoreOptions
{
    /// <summary>A segment that has reached this length, in bytes, is followed by a new
    /// one.</summary>
    public long SegmentBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Memory for the entries that were committed last, in bytes: a power of two, at least
    /// 4096.</summary>
    public int NewestBytes { get; init; } = 16 * 1024 * 1024;
}
