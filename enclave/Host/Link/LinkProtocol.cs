namespace Sequencer.Enclave.Host.Link;

/// <summary>Constants of the link (docs/PROTOCOL.md section 14).</summary>
public static class LinkProtocol
{
    /// <summary>Highest value of a frame's length field, in bytes.</summary>
    public const int FrameMaxBytes = 16 * 1024 * 1024;

    /// <summary>
    /// Lowest value of a frame's length field, in bytes: the header's rest and no body.
    /// </summary>
    public const int FrameMinBytes = 8;

    /// <summary>Bytes of a frame before its body, the length field included.</summary>
    public const int HeaderBytes = 12;

    /// <summary>Longest body, in bytes.</summary>
    public const int BodyMaxBytes = FrameMaxBytes - FrameMinBytes;

    /// <summary>The version byte.</summary>
    public const byte Version = 1;

    /// <summary>What an answer's type adds to its request's.</summary>
    public const byte AnswerBit = 0x80;

    /// <summary>An error's type.</summary>
    public const byte ErrorType = 0xFF;

    /// <summary>Shortest nonce of a live document, in bytes.</summary>
    public const int NonceMinBytes = 16;

    /// <summary>Longest nonce of a live document, in bytes.</summary>
    public const int NonceMaxBytes = 64;
}

/// <summary>What a request asks.</summary>
public enum LinkMessageType : byte
{
    /// <summary>Where does the enclave stand?</summary>
    Hello = 1,

    /// <summary>Begin a log.</summary>
    Genesis = 2,

    /// <summary>Begin to replay a stored log.</summary>
    ReplayBegin = 3,

    /// <summary>The next records of the stored log.</summary>
    ReplayRecords = 4,

    /// <summary>All records were sent: open the next epoch.</summary>
    ReplayEnd = 5,

    /// <summary>The epoch's statement and document.</summary>
    Bundle = 6,

    /// <summary>Sequence a batch.</summary>
    Sequence = 7,

    /// <summary>The batch answers that were not acknowledged.</summary>
    Pending = 8,

    /// <summary>A document for a live caller.</summary>
    Attest = 9,

    /// <summary>A head is durable.</summary>
    Acknowledge = 10,

    /// <summary>End the epoch with a seal.</summary>
    Seal = 11,

    /// <summary>A head came back from the witnesses.</summary>
    Cosigned = 12,

    /// <summary>Append a snapshot.</summary>
    Snapshot = 13,

    /// <summary>Begin to replay a stored log at a snapshot.</summary>
    ReplayBeginAtSnapshot = 14,

    /// <summary>The next part of that snapshot's content.</summary>
    ReplayContent = 15,

    /// <summary>What the log's stable identity is made or unsealed with.</summary>
    Identity = 16,

    /// <summary>The open log's sealed identity.</summary>
    SealedIdentity = 17,
}

/// <summary>What one peer may take of the enclave.</summary>
public sealed record LinkLimits
{
    /// <summary>Most connections; one more is closed as soon as it is accepted.</summary>
    public int ConnectionsMax { get; init; } = 8;

    /// <summary>
    /// Most requests of a connection that are not yet answered. The next is read once an answer has
    /// been written, so that a peer that does not read its answers holds up nobody but itself.
    /// </summary>
    public int RequestsInFlightMax { get; init; } = 64;

    /// <summary>
    /// Most bytes of those requests and of the answers that may come of them; a single one may take
    /// more.
    /// </summary>
    public int BytesInFlightMax { get; init; } = 4 * LinkProtocol.FrameMaxBytes;

    /// <summary>
    /// How long the peer may take nothing of an answer before its connection ends.
    /// </summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a new connection may take over its first frame. A gateway sends it at once: one
    /// that sends none takes the place of one that would.
    /// </summary>
    public TimeSpan FirstFrameTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The server ends when no connection was open for so long; null: it never does.
    /// </summary>
    public TimeSpan? IdleTimeout { get; init; }
}
