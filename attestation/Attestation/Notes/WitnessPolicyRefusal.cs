namespace Sequencer.Attestation.Notes;

/// <summary>Why a text is not a witness policy.</summary>
public enum WitnessPolicyRefusal
{
    /// <summary>It is one.</summary>
    None,

    /// <summary>Longer than <see cref="WitnessPolicy.MaxChars"/>, without a line feed at its end,
    /// or with a control character other than tab and line feed.</summary>
    Malformed,

    /// <summary>A line that begins with another word than witness, group or quorum.</summary>
    UnknownLine,

    /// <summary>A log line: which log is meant is said by whoever uses the policy.</summary>
    LogLine,

    /// <summary>A line with too few or too many words.</summary>
    WordCount,

    /// <summary>A name that is defined twice, or <c>none</c>.</summary>
    BadName,

    /// <summary>A witness's key is no vkey of the cosignature type (0x04).</summary>
    BadKey,

    /// <summary>Two witnesses with one key, or with one key name and key id.</summary>
    DuplicateKey,

    /// <summary>A witness's address is no http or https address.</summary>
    BadUrl,

    /// <summary>A threshold that is not <c>any</c>, <c>all</c> or a number from 1 to the count of
    /// members.</summary>
    BadThreshold,

    /// <summary>A name that no line before defines.</summary>
    UnknownName,

    /// <summary>A name that is a member twice.</summary>
    MemberTwice,

    /// <summary>More than <see cref="WitnessPolicy.MaxWitnesses"/> witnesses or as many groups.
    /// </summary>
    TooMany,

    /// <summary>Not exactly one quorum line.</summary>
    QuorumCount,

    /// <summary>Two sets of witnesses, each enough for the quorum, have no witness in common: both
    /// sides of a fork could be cosigned without any witness doing wrong.</summary>
    QuorumsDoNotIntersect,
}

/// <summary>What is wrong with a witness policy, and where.</summary>
/// <param name="Refusal">The broken rule.</param>
/// <param name="Line">The line, from 1; 0 where it is the text as a whole.</param>
public readonly record struct WitnessPolicyFault(WitnessPolicyRefusal Refusal, int Line)
{
    /// <inheritdoc/>
    public override string ToString() => Line == 0 ? $"{Refusal}" : $"line {Line}: {Refusal}";
}
