using Sequencer.Attestation.Notes;

namespace Sequencer.Gateway.Witnessing;

/// <summary>What a witness made of a checkpoint.</summary>
internal enum WitnessOutcome
{
    /// <summary>It cosigned, and the cosignature verifies.</summary>
    Cosigned,

    /// <summary>It cosigned a larger head before: this one is old news, or the log was put back.
    /// </summary>
    Ahead,

    /// <summary>It watches no log of this origin (404).</summary>
    NotWatched,

    /// <summary>It does not accept the epoch: another image, root or log than its policy names
    /// (403).</summary>
    EpochRefused,

    /// <summary>It cosigned a head that this log does not extend, or an epoch that this one does
    /// not follow (422): a fork, which trying again cannot mend.</summary>
    Fork,

    /// <summary>It gave an answer that its interface does not have, or a cosignature that does not
    /// verify.</summary>
    Misbehaved,

    /// <summary>No answer in time, or none now (429, 5xx): to be tried again later.</summary>
    Unreachable,
}

/// <summary>The answer of a witness.</summary>
/// <param name="Outcome">What it made of the checkpoint.</param>
/// <param name="Cosignature">Its line; null unless it cosigned.</param>
/// <param name="Reason">For the operator; what the witness said, cut short.</param>
internal sealed record WitnessAnswer(
    WitnessOutcome Outcome, NoteSignature? Cosignature = null, string Reason = "");
