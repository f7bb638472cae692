using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;

namespace Sequencer.Cli;

/// <summary>
/// What <c>--policy</c> names: a trust policy, which pins a log, or the measurements that the
/// builder of an image publishes, which pin the image and no log.
/// </summary>
internal sealed class Trust
{
    private readonly Screen _screen;
    private readonly TrustedImages _images;
    private readonly LogVerifier? _verifier;

    private Trust(Screen screen, TrustedImages images, TrustPolicy? policy)
    {
        _screen = screen;
        _images = images;
        _verifier = policy is null ? null : new LogVerifier(policy);
    }

    /// <summary>Reads a file of either kind.</summary>
    /// <exception cref="CommandFailure">It is neither.</exception>
    public static Trust Read(string path, Screen screen)
    {
        byte[] json = Files.Read(path, TrustPolicy.MaxBytes, "a trust policy");
        Trust trust =
            TrustPolicy.TryParse(json, out TrustPolicy? policy, out string? fault)
                ? new Trust(screen, policy.Images, policy)
            : TrustedImages.TryParse(json, out TrustedImages? images, out string? imagesFault)
                ? new Trust(screen, images, null)
            : throw new CommandFailure($"{path} is not a trust policy: "
                // Of the two readers' faults, that of the one which the file was written for.
                + (imagesFault.StartsWith("format: ", StringComparison.Ordinal)
                    ? fault : imagesFault));
        trust.WarnOfDevelopmentRoots();
        return trust;
    }

    /// <summary>Verifies a receipt.</summary>
    public VerificationReport<VerifiedEntry> VerifyReceipt(
        ReadOnlySpan<byte> receipt, PayloadClaim? payload) =>
        _verifier is not null
            ? _verifier.VerifyReceipt(receipt, payload)
            : LogVerifier.VerifyReceipt(_images, receipt, payload);

    /// <summary>Verifies evidence of a fork; null if it does not even name a log.</summary>
    public EvidenceReport? VerifyEvidence(ForkEvidence evidence)
    {
        if (_verifier is not null) return _verifier.VerifyEvidence(evidence);
        return EpochStatement.TryParse(
            evidence.Smaller.Epoch.Statement.Span, out EpochStatement? statement)
            ? new LogVerifier(_images.PolicyFor(statement)).VerifyEvidence(evidence)
            : null;
    }

    /// <summary>
    /// The policy for a log that is read: where none is pinned, the one that the log says it is.
    /// </summary>
    /// <exception cref="CommandFailure">The log does not say which it is.</exception>
    public async Task<TrustPolicy> PolicyForAsync(
        IAuditSource log, CancellationToken cancellationToken)
    {
        if (_verifier is not null) return _verifier.Policy;
        IReadOnlyList<AuditEpoch> epochs = await log.ReadEpochsAsync(cancellationToken);
        if (epochs.Count == 0
            || !EpochStatement.TryParse(epochs[^1].Statement.Span, out EpochStatement? statement))
        {
            throw new CommandFailure(
                "The policy pins images and no log, and this log has no epoch that names it.");
        }
        TrustPolicy policy = _images.PolicyFor(statement);
        _screen.Remark($"[yellow]{Screen.Plain(NotPinned(policy))}[/]");
        return policy;
    }

    /// <summary>Says of evidence what it does not prove: that it is of a certain log.</summary>
    public static string NotPinned(TrustPolicy policy) =>
        $"any log of this image: log id {policy.LogId.ToHex()} ({policy.Origin}) is not pinned";

    private void WarnOfDevelopmentRoots()
    {
        if (!_images.HasInsecureDevelopmentRoots) return;
        _screen.Remark(
            "[red bold]INSECURE:[/] [yellow]this policy trusts a development root. Whoever "
            + "holds its key file can forge everything; good for trying things out only.[/]");
    }
}
