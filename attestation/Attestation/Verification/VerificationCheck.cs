using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Verification;

/// <summary>What became of one rule.</summary>
public abstract record VerificationCheck
{
    private VerificationCheck(VerificationRule rule) => Rule = rule;

    /// <summary>The rule.</summary>
    public VerificationRule Rule { get; }

    /// <summary>It holds.</summary>
    public sealed record Passed : VerificationCheck
    {
        internal Passed(VerificationRule rule)
            : base(rule)
        {
        }
    }

    /// <summary>It is broken.</summary>
    public sealed record Failed : VerificationCheck
    {
        internal Failed(
            VerificationRule rule, string expected, string actual, AttestationRefusal? attestation)
            : base(rule)
        {
            Expected = expected;
            Actual = actual;
            Attestation = attestation;
        }

        /// <summary>What the rule asks for, for people.</summary>
        public string Expected { get; }

        /// <summary>What was found, for people.</summary>
        public string Actual { get; }

        /// <summary>The attestation rule, where this is <see cref="VerificationRule.Attestation"/>.
        /// </summary>
        public AttestationRefusal? Attestation { get; }

        /// <summary>One sentence for people.</summary>
        public string Sentence => $"{Rule.Code()}: expected {Expected}, found {Actual}.";
    }

    /// <summary>It was not looked at.</summary>
    public sealed record NotChecked : VerificationCheck
    {
        internal NotChecked(VerificationRule rule, string reason, bool isExcused)
            : base(rule)
        {
            Reason = reason;
            IsExcused = isExcused;
        }

        /// <summary>Why not, for people.</summary>
        public string Reason { get; }

        /// <summary>
        /// True where a good report may have it: the rule does not apply, or it is Ed25519 on a
        /// machine without an implementation. False where an earlier fault took its input away.
        /// </summary>
        public bool IsExcused { get; }
    }
}
