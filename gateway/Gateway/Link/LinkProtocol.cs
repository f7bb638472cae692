namespace Sequencer.Gateway.Link;

/// <summary>The requests of the link (docs/PROTOCOL.md section 14).</summary>
public enum LinkMessage : byte
{
    /// <summary>Phase, epoch, size, acknowledged size and log id.</summary>
    Hello = 1,

    /// <summary>Open epoch 0 of a new log.</summary>
    Genesis = 2,

    /// <summary>Announces a replay: size, checkpoint and the last epoch's document.</summary>
    ReplayBegin = 3,

    /// <summary>Records of the log in order.</summary>
    ReplayRecords = 4,

    /// <summary>Ends a replay and opens the next epoch.</summary>
    ReplayEnd = 5,

    /// <summary>Statement and attestation document of the epoch.</summary>
    Bundle = 6,

    /// <summary>Sequence and sign a batch.</summary>
    Sequence = 7,

    /// <summary>Batch answers that were not acknowledged.</summary>
    Pending = 8,

    /// <summary>A document for a live caller.</summary>
    Attest = 9,

    /// <summary>What is durable and need not be retained.</summary>
    Acknowledge = 10,

    /// <summary>End the epoch with a seal.</summary>
    Seal = 11,

    /// <summary>A head that the enclave signed, with cosignatures.</summary>
    Cosigned = 12,

    /// <summary>Append a snapshot.</summary>
    Snapshot = 13,

    /// <summary>Announces a replay that begins at a snapshot.</summary>
    ReplayBeginAtSnapshot = 14,

    /// <summary>The next cells and uses of that snapshot's content.</summary>
    ReplayContent = 15,

    /// <summary>What the log's stable identity is made or unsealed with.</summary>
    Identity = 16,

    /// <summary>The open log's sealed identity.</summary>
    SealedIdentity = 17,
}

/// <summary>Where an enclave is in its life.</summary>
public enum EnclavePhase : byte
{
    /// <summary>Started, without a log.</summary>
    Empty = 0,

    /// <summary>In the middle of a replay.</summary>
    Replaying = 1,

    /// <summary>Sequencing.</summary>
    Open = 2,

    /// <summary>Stopped on an internal doubt: it will sign nothing more.</summary>
    Stopped = 3,

    /// <summary>Ended its epoch with a seal: it will sign nothing more.</summary>
    Sealed = 4,
}

/// <summary>Why an enclave refused a whole message.</summary>
public enum EnclaveErrorCode : ushort
{
    /// <summary>The request does not fit the enclave's phase.</summary>
    WrongPhase = 1,

    /// <summary>The start size is neither the enclave's nor that of a retained batch.</summary>
    WrongPosition = 2,

    /// <summary>Too much is sequenced and not acknowledged.</summary>
    RetentionFull = 3,

    /// <summary>The configuration does not parse or asks more than the image allows.</summary>
    BadConfiguration = 4,

    /// <summary>A record, the checkpoint or the predecessor's document does not hold.</summary>
    ReplayRefused = 5,

    /// <summary>The NSM refused.</summary>
    AttestationFailed = 6,

    /// <summary>The enclave stopped on an internal doubt.</summary>
    Stopped = 7,

    /// <summary>The NSM's time is behind the last record.</summary>
    Clock = 8,

    /// <summary>The enclave's epoch is sealed.</summary>
    Sealed = 9,

    /// <summary>Nothing is sequenced until a newer head comes back cosigned.</summary>
    WitnessLag = 10,

    /// <summary>The cosigned head does not count.</summary>
    CosignedRefused = 11,

    /// <summary>The log's stable identity could not be had.</summary>
    NoIdentity = 12,
}

/// <summary>Sizes of the link's frames, in bytes.</summary>
public static class LinkLimits
{
    /// <summary>Most bytes after a frame's length field: <c>LINK_FRAME_MAX</c>.</summary>
    public const int FrameMaxBytes = 16_777_216;

    /// <summary>Fewest bytes after a frame's length field.</summary>
    public const int FrameMinBytes = 8;

    /// <summary>Bytes before a body: length field and header.</summary>
    public const int HeaderBytes = 12;

    /// <summary>Longest body of a message.</summary>
    public const int BodyMaxBytes = FrameMaxBytes - FrameMinBytes;

    /// <summary>Fewest and most bytes of an attestation nonce.</summary>
    public const int NonceMinBytes = 16, NonceMaxBytes = 64;
}

/// <summary>What an enclave says of itself.</summary>
/// <param name="Phase">Where it is in its life.</param>
/// <param name="Epoch">Its epoch, when open.</param>
/// <param name="Size">Records that it sequenced or replayed.</param>
/// <param name="AcknowledgedSize">What the gateway acknowledged as durable.</param>
/// <param name="LogId">Its log, when open.</param>
public readonly record struct EnclaveHello(
    EnclavePhase Phase, uint Epoch, ulong Size, ulong AcknowledgedSize, Attestation.Digest LogId);

/// <summary>Statement and document that opened an epoch.</summary>
/// <param name="Statement">The encoded statement (section 5).</param>
/// <param name="Document">The attestation document (section 8).</param>
public sealed record EpochBundle(byte[] Statement, byte[] Document);

/// <summary>The enclave answered a request with an error.</summary>
public sealed class EnclaveRefusedException(EnclaveErrorCode code, string text)
    : Exception($"The enclave refused: {code}: {text}")
{
    /// <summary>Why.</summary>
    public EnclaveErrorCode Code { get; } = code;

    /// <summary>The enclave's own words.</summary>
    public string Text { get; } = text;
}

/// <summary>
/// The connection is of no more use: closed, stalled, or the peer does not speak section 14. What
/// was under way may or may not have been done.
/// </summary>
public sealed class EnclaveLostException(string message, Exception? cause = null)
    : Exception(message, cause);
