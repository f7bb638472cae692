using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// An epoch of the policy's log: an accepted image holds its keys. Only <see cref="LogVerifier"/>
/// makes one. It says nothing of any head.
/// </summary>
public sealed class AttestedEpoch
{
    internal AttestedEpoch(
        TrustPolicy policy,
        EpochStatement statement,
        VerifiedAttestation attestation)
    {
        Policy = policy;
        Statement = statement;
        Attestation = attestation;
    }

    /// <summary>The policy under which it was verified.</summary>
    public TrustPolicy Policy { get; }

    /// <summary>The statement, with the keys and the number at which the epoch begins.</summary>
    public EpochStatement Statement { get; }

    /// <summary>The attestation document.</summary>
    public ReadOnlyMemory<byte> Document => Attestation.Document.Bytes;

    /// <summary>What the document proves.</summary>
    public VerifiedAttestation Attestation { get; }
}
