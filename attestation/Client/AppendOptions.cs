namespace Sequencer.Client;

/// <summary>How an entry is appended.</summary>
public sealed record AppendOptions
{
    /// <summary>
    /// True to leave the receipt out of the answer, which takes a client
    /// <see cref="SequencerClient.WithoutVerification"/>.
    /// </summary>
    public bool OmitReceipt { get; init; }

    /// <summary>
    /// True to give an entry that has no <see cref="NewEntry.Salt"/> a new random one, which
    /// <see cref="Appended.Salt"/> tells. Off unless asked for: a bare commitment is what
    /// <c>sha256sum</c> prints for the payload, and nobody has to keep anything to open it.
    /// </summary>
    /// <remarks>
    /// Another call makes another salt, which is another request: where an entry has an idempotency
    /// key and may be appended again, make its salt with it, by <see cref="NewEntry.WithSalt"/>.
    /// </remarks>
    public bool Salted { get; init; }
}
