using Sequencer.Attestation;

namespace Sequencer.Gateway.Store;

/// <summary>What opening a store found and did.</summary>
public sealed record RecoveryReport
{
    /// <summary>Records of the log.</summary>
    public required ulong Size { get; init; }

    /// <summary>Bytes of an unfinished commit that were cut off the log.</summary>
    public required long LogBytesCut { get; init; }

    /// <summary>Bytes of unfinished payload frames that were cut.</summary>
    public required long PayloadBytesCut { get; init; }

    /// <summary>
    /// Request digest to payload offset for each entry after the last committed one: what the
    /// enclave may have sequenced without the gateway having committed it. Equal requests share an
    /// offset: their frames hold the same bytes.
    /// </summary>
    public required IReadOnlyDictionary<Digest, ulong> PendingPayloads { get; init; }

    /// <summary>The same in sentences for people.</summary>
    public required IReadOnlyList<string> Sentences { get; init; }
}
