using System.Security.Cryptography;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;
using Sequencer.Client;

namespace Sequencer.Cli.Doctor;

/// <summary>
/// Whether an enclave of the policy's lives behind the gateway now, and whether the newest head
/// proves the log's beginning.
/// </summary>
internal sealed class TrustCheck(HttpClient http, TimeProvider time)
{
    // Both are asked for: at once an enclave and its gateway may each be a moment behind.
    private static readonly TimeSpan LiveTolerance = TimeSpan.FromSeconds(5);

    public async Task RunAsync(
        Findings findings, TrustPolicy? policy, CancellationToken cancellationToken)
    {
        if (policy is null)
        {
            findings.NotChecked(
                "attestation", "Not verified: name a trust policy with --policy.");
            await LookAsync(findings, cancellationToken);
            return;
        }
        if (policy.HasInsecureDevelopmentRoots)
        {
            findings.Warning(
                "root", "The policy trusts a development root, and so may the log be simulated.",
                "Good for trying things out; for anything else use AWS's root.");
        }
        var client = new SequencerClient(http, policy, time);
        try
        {
            LiveAttestation live = await client.GetAttestationAsync(
                cancellationToken: cancellationToken);
            VerifiedLiveHead head = live.Verified!;
            findings.Good(
                "attestation",
                $"A live enclave answered the nonce: image '{head.MeasurementName}', epoch "
                + $"{head.Epoch}, size {head.Size}.");
            ReachCheck.CompareClocks(
                findings, "enclave-clock", "The enclave's", head.Time - time.GetUtcNow(),
                LiveTolerance);
        }
        catch (UnverifiedAttestationException e)
        {
            findings.Problem("attestation", e.Message, AdviceFor(e.Attestation));
        }
        catch (SequencerException e)
        {
            findings.Problem(
                "attestation", $"No live document: {e.Message}",
                "Where no enclave is attached there is none; see what readiness says.");
        }
        try
        {
            await client.GetReceiptAsync(0, cancellationToken: cancellationToken);
            findings.Good("receipt", "The newest head proves the statement that began the log.");
        }
        catch (UnverifiedReceiptException e)
        {
            findings.Problem(
                "receipt", e.Message,
                "This is another log, another image, or it lacks its witnesses: do not rely on it.");
        }
        catch (SequencerException e)
        {
            findings.Problem("receipt", $"No receipt: {e.Message}", "Read the gateway's log.");
        }
    }

    // Without a policy nothing is proven; what would be refused under any is told all the same.
    private async Task LookAsync(Findings findings, CancellationToken cancellationToken)
    {
        byte[] nonce = RandomNumberGenerator.GetBytes(32);
        try
        {
            LiveAttestation live = await SequencerClient.WithoutVerification(http, time)
                .GetAttestationAsync(nonce, cancellationToken);
            if (!UnverifiedAttestation.TryParse(live.Document.Span, out var document, out var refusal))
            {
                findings.Problem(
                    "attestation-form", refusal.Message, "See what answers at this address.");
            }
            else if (document.Nonce?.Span.SequenceEqual(nonce) != true)
            {
                findings.Problem(
                    "attestation-form", "The document is not for the nonce that was sent.",
                    "It is an old one: no enclave need live behind this gateway.");
            }
            else if (document.IsDebugMode)
            {
                findings.Problem("attestation-form", "All PCRs are zero.", DebugAdvice);
            }
            else
            {
                findings.Good("attestation-form", "A document came for the nonce that was sent.");
            }
        }
        catch (SequencerException e)
        {
            findings.Problem(
                "attestation-form", $"No live document: {e.Message}",
                "Where no enclave is attached there is none; see what readiness says.");
        }
    }

    private const string DebugAdvice =
        "The enclave runs in debug mode, which measures nothing: start it without --debug-mode.";

    private static string AdviceFor(LiveAttestation answer) =>
        UnverifiedAttestation.TryParse(answer.Document.Span, out var document, out _)
            && document.IsDebugMode
                ? DebugAdvice
                : "Compare PCR0 to PCR2 with what the image's builder publishes; a new image goes "
                    + "into the policy before it goes into service.";
}
