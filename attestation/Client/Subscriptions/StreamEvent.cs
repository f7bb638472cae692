using Sequencer.Attestation.Verification;

namespace Sequencer.Client.Subscriptions;

/// <summary>
/// An entry of a stream with a verified receipt. Only a <see cref="StreamSubscription"/> hands one out.
/// </summary>
public sealed class StreamEvent
{
    internal StreamEvent(EntryView entry, VerifiedEntry verified, long version)
    {
        Entry = entry;
        Verified = verified;
        Version = version;
    }

    /// <summary>Its version of the stream.</summary>
    public long Version { get; }

    /// <summary>The record, taken apart.</summary>
    public EntryView Entry { get; }

    /// <summary>The payload that the record is committed to; null where the gateway does not have it.
    /// </summary>
    public ReadOnlyMemory<byte>? Payload => Entry.Payload;

    /// <summary>What its receipt proves.</summary>
    public VerifiedEntry Verified { get; }
}
