namespace Sequencer.Enclave.Core;

/// <summary>
/// What a call came to. Values below 256 are the link's error codes (docs/PROTOCOL.md section
/// 14); the others never go over the link.
/// </summary>
public enum CoreResult : ushort
{
    /// <summary>It took effect.</summary>
    Done = 0,

    /// <summary>The call does not fit the phase.</summary>
    WrongPhase = 1,

    /// <summary>
    /// A start size that is neither the size nor a retained batch's with the same bytes, or an
    /// acknowledged size that is no batch boundary.
    /// </summary>
    WrongPosition = 2,

    /// <summary>
    /// The batch's answer might not fit with what is retained and not acknowledged.
    /// </summary>
    RetentionFull = 3,

    /// <summary>
    /// The configuration does not parse or asks more than <see cref="CoreLimits"/>.
    /// </summary>
    BadConfiguration = 4,

    /// <summary>See <see cref="SequencerCore.ReplayFault"/>.</summary>
    ReplayRefused = 5,

    /// <summary>The NSM refused. The host's own: the core never says so.</summary>
    AttestationFailed = 6,

    /// <summary>The phase is <see cref="CorePhase.Stopped"/>.</summary>
    Stopped = 7,

    /// <summary>Time is more than a minute behind the last record.</summary>
    Clock = 8,

    /// <summary>The phase is <see cref="CorePhase.Sealed"/>.</summary>
    Sealed = 9,

    /// <summary>
    /// Too far ahead of the newest head that a quorum of witnesses cosigned: see
    /// <see cref="SequencerCore.TakeCosigned"/>.
    /// </summary>
    WitnessLag = 10,

    /// <summary>See <see cref="SequencerCore.CosignedFault"/>.</summary>
    CosignedRefused = 11,

    /// <summary>The log's stable identity could not be had. The host's own: the core never says so.
    /// </summary>
    NoIdentity = 12,

    /// <summary>
    /// A head was emitted: before anything else the host signs it and calls
    /// <see cref="SequencerCore.Complete"/>.
    /// </summary>
    HeadToSign = 256,

    /// <summary>
    /// A batch was judged and nothing of it appended: the answer has no new head.
    /// </summary>
    NothingAppended = 257,

    /// <summary>A retained batch came again: the answer is the stored one.</summary>
    Resubmitted = 258,

    /// <summary>The body's lengths do not fit together: the host ends the connection.</summary>
    MalformedFrame = 259,
}
