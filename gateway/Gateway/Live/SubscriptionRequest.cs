using Sequencer.Attestation;

namespace Sequencer.Gateway.Live;

/// <summary>What a subscriber asked for.</summary>
/// <param name="Selection">Which records.</param>
/// <param name="From">The first number; null for the head of the log.</param>
/// <param name="Form">How each is written.</param>
/// <param name="Reader">The tenant who asks.</param>
internal sealed record SubscriptionRequest(
    LiveSelection Selection, ulong? From, EntryForm Form, Digest Reader);
