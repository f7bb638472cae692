using Sequencer.Attestation.Verification;

namespace Sequencer.Client;

/// <summary>
/// A live document that does not prove that an enclave of the policy's log answered just now.
/// </summary>
public sealed class UnverifiedAttestationException : SequencerException
{
    internal UnverifiedAttestationException(
        string message,
        VerificationReport<VerifiedLiveHead> report,
        LiveAttestation attestation)
        : base(message)
    {
        Report = report;
        Attestation = attestation;
    }

    /// <summary>
    /// Every rule about the document. It is good where the document is right in itself but of
    /// another size or root than the gateway said beside it.
    /// </summary>
    public VerificationReport<VerifiedLiveHead> Report { get; }

    /// <summary>The answer as it came.</summary>
    public LiveAttestation Attestation { get; }
}
