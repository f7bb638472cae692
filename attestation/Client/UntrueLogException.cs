using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client;

/// <summary>
/// A log, or the gateway that shows it, said something untrue: a subscription ends with the first lie
/// that it is told, and hands out nothing that rests on it.
/// </summary>
public sealed class UntrueLogException : SequencerException
{
    internal UntrueLogException(AuditFault fault)
        : base(fault.Sentence) => Fault = fault;

    /// <summary>The broken rule, and where.</summary>
    public AuditFault Fault { get; }

    /// <summary>The broken rule.</summary>
    public VerificationRule Rule => Fault.Rule;
}
