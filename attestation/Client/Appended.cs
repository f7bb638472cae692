using Sequencer.Attestation.Verification;

namespace Sequencer.Client;

/// <summary>
/// An entry that the gateway acknowledged: sequenced, signed and on its disk. Where
/// <see cref="VerifiedEntry"/> is there, number, epoch, time, stream and version are those of the
/// verified receipt; otherwise they are the gateway's word.
/// </summary>
public sealed record Appended
{
    /// <summary>Sequence number.</summary>
    public required ulong Number { get; init; }

    /// <summary>Epoch of the record.</summary>
    public required uint Epoch { get; init; }

    /// <summary>The enclave's time.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The stream that it was appended to; null for none.</summary>
    public string? Stream { get; init; }

    /// <summary>The version that the stream got; null without one.</summary>
    public long? Version { get; init; }

    /// <summary>
    /// True if the gateway says that an earlier request with this key had appended it. No receipt
    /// tells the two apart.
    /// </summary>
    public bool IsReplayed { get; init; }

    /// <summary>The salt of the payload's commitment, to be kept with the payload; empty for none.
    /// </summary>
    public ReadOnlyMemory<byte> Salt { get; init; }

    /// <summary>The receipt as a file (docs/PROTOCOL.md section 9); empty if omitted.</summary>
    public ReadOnlyMemory<byte> ReceiptBytes { get; init; }

    /// <summary>What the receipt proves; null from a client without verification.</summary>
    public VerifiedEntry? VerifiedEntry { get; init; }
}
