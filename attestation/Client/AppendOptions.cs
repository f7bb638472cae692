namespace Sequencer.Client;

/// <summary>How an entry is appended.</summary>
public sealed record AppendOptions
{
    /// <summary>
    /// True to leave the receipt out of the answer, which takes a client
    /// <see cref="SequencerClient.WithoutVerification"/>.
    /// </summary>
    public bool OmitReceipt { get; init; }
}
