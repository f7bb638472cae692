using Sequencer.Attestation;
using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Live;

/// <summary>What a subscriber asked for.</summary>
/// <param name="Selection">Which records.</param>
/// <param name="From">The first position.</param>
/// <param name="Last">The number up to which everything was told, or need not be; null if there is
/// none.</param>
/// <param name="Form">How each is written.</param>
/// <param name="Reader">The tenant who asks.</param>
internal sealed record SubscriptionRequest(
    EntrySelection Selection, ulong From, ulong? Last, EntryForm Form, Digest Reader);
