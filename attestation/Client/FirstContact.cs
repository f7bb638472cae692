using System.Globalization;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;

namespace Sequencer.Client;

/// <summary>A policy drafted from a log, and what speaks against it.</summary>
/// <param name="Policy">The policy; null if the log says too little to make one.</param>
/// <param name="Faults">What does not hold, a sentence each. Unless there is none, the policy is
/// not to be used.</param>
/// <param name="AwaitsWitnesses">Too few of the log's witnesses have cosigned its head so far: the
/// policy is what they wait for, and refuses the log until then.</param>
public sealed record PolicyDraft(
    TrustPolicy? Policy, IReadOnlyList<string> Faults, bool AwaitsWitnesses = false);

/// <summary>
/// Drafts a trust policy by asking a log itself: trust on first use. All is checked that can be
/// without knowing the log; which log and which images it should be, the log cannot tell.
/// </summary>
public static class FirstContact
{
    /// <summary>Asks a log for its id, configuration and images.</summary>
    /// <param name="client">The log.</param>
    /// <param name="root">The root that has to have attested every epoch.</param>
    /// <param name="images">The images to accept; null for those that the epochs present.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SequencerException">No gateway, or a malformed answer.</exception>
    public static async Task<PolicyDraft> DraftPolicyAsync(
        SequencerClient client,
        TrustedRoot root,
        IReadOnlyList<AcceptedMeasurement>? images = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        IReadOnlyList<AuditEpoch> epochs = await client.GetEpochsAsync(cancellationToken);
        if (epochs.Count == 0
            || !EpochStatement.TryParse(epochs[0].Statement.Span, out EpochStatement? genesis))
        {
            return new PolicyDraft(null, ["The log does not show the statement that began it."]);
        }
        var faults = new List<string>();
        images ??= Presented(epochs, faults);
        if (images.Count == 0) return new PolicyDraft(null, faults);

        var policy = new TrustPolicy(genesis.LogId, genesis.Fields.Configuration, images, [root]);
        // An image that only an old epoch presents would be pinned without this.
        foreach (AuditEpoch epoch in epochs) CheckEpoch(policy, root, epoch, faults);
        bool isWitnessed = await CheckHeadAsync(client, policy, faults, cancellationToken);
        return new PolicyDraft(policy, faults, AwaitsWitnesses: !isWitnessed);
    }

    private static List<AcceptedMeasurement> Presented(
        IReadOnlyList<AuditEpoch> epochs, List<string> faults)
    {
        var accepted = new List<AcceptedMeasurement>();
        foreach (AuditEpoch epoch in epochs)
        {
            if (!UnverifiedAttestation.TryParse(
                epoch.Document.Span, out var document, out var refusal))
            {
                faults.Add($"Epoch {epoch.Epoch}: {refusal.Message}");
            }
            else if (TryMeasure(epoch.Epoch, document) is not { } image)
            {
                faults.Add($"Epoch {epoch.Epoch}: a debug mode enclave measures nothing.");
            }
            else if (!accepted.Exists(a => a.Measurements.Equals(image)))
            {
                accepted.Add(new AcceptedMeasurement(image));
            }
        }
        return accepted;
    }

    private static MeasurementSet? TryMeasure(uint epoch, UnverifiedAttestation document)
    {
        try
        {
            return new MeasurementSet(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"as presented by epoch {epoch} on {document.Timestamp:yyyy-MM-dd}"),
                document.Pcrs.GetValueOrDefault(0).Span,
                document.Pcrs.GetValueOrDefault(1).Span,
                document.Pcrs.GetValueOrDefault(2).Span);
        }
        catch (ArgumentException)
        {
            // Zero, missing or of another length: no policy can name such an image.
            return null;
        }
    }

    private static void CheckEpoch(
        TrustPolicy policy, TrustedRoot root, AuditEpoch epoch, List<string> faults)
    {
        var images = new PcrPolicy(policy.Measurements.Select(m => m.Measurements));
        var result = NitroAttestationVerifier.Verify(
            epoch.Document.Span, images, root, new Freshness.Archival());
        if (!result.TryGet(out VerifiedAttestation? attestation, out AttestationRefusal? refusal))
        {
            faults.Add($"Epoch {epoch.Epoch}: {refusal.Message}");
        }
        else if (!EpochStatement.TryParse(epoch.Statement.Span, out EpochStatement? statement)
            || statement.LogId != policy.LogId
            || attestation.PublicKey?.Span.SequenceEqual(statement.SubjectPublicKeyInfo) != true
            || attestation.UserData?.Span
                .SequenceEqual(Derivation.EpochUserData(statement.Bytes.Span)) != true)
        {
            faults.Add($"Epoch {epoch.Epoch}: its document is for another statement or log.");
        }
    }

    /// <summary>
    /// The genesis under the newest head ties both ends of the log together. False if the head lacks
    /// its quorum: no fault, since witnesses need a policy before they cosign anything.
    /// </summary>
    private static async Task<bool> CheckHeadAsync(
        SequencerClient client,
        TrustPolicy policy,
        List<string> faults,
        CancellationToken cancellationToken)
    {
        ReceivedReceipt genesis = await client.GetReceiptAsync(
            0, cancellationToken: cancellationToken);
        var verifier = new LogVerifier(policy);
        bool isWitnessed = true;
        foreach (var fault in verifier.VerifyReceipt(genesis.Bytes.Span).Faults)
        {
            if (fault.Rule == VerificationRule.WitnessQuorum) isWitnessed = false;
            else faults.Add($"The head, {fault.Sentence}");
        }
        return isWitnessed;
    }
}
