namespace Sequencer.Attestation.Nitro;

/// <summary>Why a document was refused: the rule, what it asks for and what was found.</summary>
/// <param name="Rule">The first rule that did not hold.</param>
/// <param name="Expected">What the rule asks for, for people.</param>
/// <param name="Actual">What the document has, for people.</param>
public sealed record AttestationRefusal(AttestationRule Rule, string Expected, string Actual)
{
    /// <summary>One sentence for people.</summary>
    public string Message =>
        $"The attestation document was refused ({Rule}): expected {Expected}, found {Actual}.";

    /// <inheritdoc/>
    public override string ToString() => Message;
}
