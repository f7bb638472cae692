using System.Diagnostics.CodeAnalysis;

namespace Sequencer.Attestation.Nitro;

/// <summary>Either what was verified or why it was refused; never both, never neither.</summary>
/// <typeparam name="T">What a document that holds is turned into.</typeparam>
public sealed class AttestationResult<T>
    where T : class
{
    private readonly T? _verified;
    private readonly AttestationRefusal? _refusal;

    internal AttestationResult(T verified) => _verified = verified;

    internal AttestationResult(AttestationRefusal refusal) => _refusal = refusal;

    /// <summary>Hands out the one that there is.</summary>
    public bool TryGet(
        [NotNullWhen(true)] out T? verified, [NotNullWhen(false)] out AttestationRefusal? refusal)
    {
        verified = _verified;
        refusal = _refusal;
        return verified is not null;
    }
}
