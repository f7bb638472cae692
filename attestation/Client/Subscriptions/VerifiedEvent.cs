using Sequencer.Attestation.Following;

namespace Sequencer.Client.Subscriptions;

/// <summary>
/// A record of the log that a verified head covers. Only a <see cref="LogSubscription"/> hands one
/// out.
/// </summary>
public sealed class VerifiedEvent
{
    internal VerifiedEvent(EntryView entry, FollowedHead head)
    {
        Entry = entry;
        Head = head;
    }

    /// <summary>Sequence number.</summary>
    public ulong Number => Entry.Number;

    /// <summary>The record. Type, content type, metadata and stream, where they are told, are the
    /// record's.</summary>
    public EntryView Entry { get; }

    /// <summary>The payload that the record is committed to; null for what is no entry, and where the
    /// gateway does not have it or does not show it to this caller.</summary>
    public ReadOnlyMemory<byte>? Payload => Entry.Payload;

    /// <summary>The head that covers it.</summary>
    public FollowedHead Head { get; }
}
