using System.Text;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>A broken rule and its place in the log.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Expected">What it asks for, for people.</param>
/// <param name="Actual">What was found, for people.</param>
public sealed record AuditFault(VerificationRule Rule, string Expected, string Actual)
{
    /// <summary>The record, where the fault is in one.</summary>
    public ulong? Number { get; init; }

    /// <summary>The epoch, where the fault is in its statement or document.</summary>
    public uint? Epoch { get; init; }

    /// <summary>A tile's path, or a file and a byte offset; null where there is none.</summary>
    public string? Place { get; init; }

    /// <summary>The attestation rule, where this is <see cref="VerificationRule.Attestation"/>.
    /// </summary>
    public AttestationRefusal? Attestation { get; init; }

    /// <summary>One sentence for people.</summary>
    public string Sentence
    {
        get
        {
            var text = new StringBuilder(Rule.Code());
            if (Number is { } number) text.Append($", record {number}");
            if (Epoch is { } epoch) text.Append($", epoch {epoch}");
            if (Place is not null) text.Append($", {Place}");
            return text.Append($": expected {Expected}, found {Actual}.").ToString();
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Sentence;
}
