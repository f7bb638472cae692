using Sequencer.Attestation.Notes;

namespace Sequencer.Witness;

/// <summary>What became of a submitted checkpoint; the HTTP status is in brackets.</summary>
internal enum SubmissionOutcome
{
    /// <summary>Cosigned and remembered (200).</summary>
    Cosigned,

    /// <summary>No epoch that the witness was taught signed it, at this size (403).</summary>
    UnknownKey,

    /// <summary>The old size is above the checkpoint's (400).</summary>
    OldAboveNew,

    /// <summary>The old size is not that of the newest cosigned head (409).</summary>
    OldIsOther,

    /// <summary>It is not shown to extend the newest cosigned head (422).</summary>
    NotConsistent,
}

/// <summary>The answer to a submission.</summary>
/// <param name="Outcome">What became of it.</param>
internal sealed record Submission(SubmissionOutcome Outcome)
{
    /// <summary>Size of the newest cosigned head, where the old size was another.</summary>
    public ulong Size { get; init; }

    /// <summary>The witness's line, where it cosigned.</summary>
    public NoteSignature? Cosignature { get; init; }
}

/// <summary>What became of an epoch that was taught; the HTTP status is in brackets.</summary>
internal enum LessonOutcome
{
    /// <summary>Learned and remembered (200).</summary>
    Learned,

    /// <summary>Known before (200).</summary>
    Known,

    /// <summary>Epoch or head is not good under the witness's policy (403).</summary>
    NotAttested,

    /// <summary>The epoch does not follow the newest cosigned head: another branch (422).</summary>
    NotAdmitted,
}

/// <summary>The answer to a lesson.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Reason">Why not, for people; empty if it was learned.</param>
internal sealed record Lesson(LessonOutcome Outcome, string Reason = "");
