using System.Diagnostics.CodeAnalysis;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// Verifies receipts, heads and live documents of one log offline, down to the policy's roots
/// (docs/PROTOCOL.md section 11). Any thread may use it.
/// </summary>
/// <remarks>
/// What held once is not verified again: the documents of the last epochs, and the last head, which
/// many receipts have in common. Keep one verifier for many receipts. Its answers are the same as
/// those of a new one.
/// </remarks>
public sealed class LogVerifier
{
    private readonly bool _isEd25519AtHand;

    // Of the last receipt whose head was good. Replaced whole, by whichever thread.
    private VerifiedHead? _lastHead;

    /// <summary>A verifier that believes what the policy trusts and nothing else.</summary>
    public LogVerifier(TrustPolicy policy)
        : this(policy, Ed25519.IsAvailable)
    {
    }

    internal LogVerifier(TrustPolicy policy, bool isEd25519AtHand)
    {
        ArgumentNullException.ThrowIfNull(policy);
        Policy = policy;
        _isEd25519AtHand = isEd25519AtHand;
    }

    /// <summary>What is trusted.</summary>
    public TrustPolicy Policy { get; }

    /// <summary>Verifies a receipt as it came, JSON or tlog-proof.</summary>
    /// <param name="receipt">The file's bytes.</param>
    /// <param name="payload">The payload, if it is at hand.</param>
    public VerificationReport<VerifiedEntry> VerifyReceipt(
        ReadOnlySpan<byte> receipt, PayloadClaim? payload = null)
    {
        return TryDecode(receipt, out Receipt? read, out ReceiptRefusal? refusal)
            ? VerifyReceipt(read, payload)
            : ReportUndecoded(refusal);
    }

    /// <summary>
    /// Verifies a receipt of any log of trusted images: the log is the one that the receipt's own
    /// statement names, and the rules about it are told as not pinned.
    /// </summary>
    /// <param name="images">What is trusted.</param>
    /// <param name="receipt">The file's bytes, JSON or tlog-proof.</param>
    /// <param name="payload">The payload, if it is at hand.</param>
    public static VerificationReport<VerifiedEntry> VerifyReceipt(
        TrustedImages images, ReadOnlySpan<byte> receipt, PayloadClaim? payload = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (!TryDecode(receipt, out Receipt? read, out ReceiptRefusal? refusal))
        {
            return ReportUndecoded(refusal);
        }
        if (!EpochStatement.TryParse(read.Epoch.Statement.Span, out EpochStatement? statement))
        {
            var checks = new CheckList();
            checks.Pass(VerificationRule.ReceiptFormat);
            checks.Fail(VerificationRule.StatementFormat, "an epoch statement", "other bytes");
            LeaveOutOthers(checks, "the statement, which names the log, does not decode");
            return new VerificationReport<VerifiedEntry>(checks.ToArray(), null);
        }
        return new LogVerifier(images.PolicyFor(statement)).VerifyReceipt(read, payload);
    }

    /// <summary>Verifies a receipt that was read.</summary>
    public VerificationReport<VerifiedEntry> VerifyReceipt(
        Receipt receipt, PayloadClaim? payload = null)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        if (Volatile.Read(ref _lastHead) is { } known && known.IsOf(receipt))
        {
            return VerifyUnder(known, RecordEvidence.Of(receipt), payload);
        }
        var headChecks = new CheckList();
        var verification = new HeadVerification(Policy, receipt.Checkpoint, receipt.Epoch);
        verification.Check(headChecks, _isEd25519AtHand);
        verification.CheckWitnesses(headChecks, _isEd25519AtHand);
        verification.CheckInclusion(headChecks);
        var headReport = verification.Report(headChecks);

        var checks = new CheckList();
        checks.Pass(VerificationRule.ReceiptFormat);
        checks.Add(headReport.Checks);
        var evidence = RecordEvidence.Of(receipt);
        RecordVerification.Check(
            checks, evidence, verification.Statement, verification.Checkpoint, payload);
        if (headReport.TryGet(out VerifiedHead? head)) Volatile.Write(ref _lastHead, head);
        return Report(checks, head, evidence, payload);
    }

    /// <summary>
    /// Verifies a receipt with the help of a head verified before: where the receipt stands under
    /// that head, with the same evidence, only the record's own part is left to do. Otherwise as
    /// <see cref="VerifyReceipt(Receipt, PayloadClaim?)"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The head was verified under another policy.</exception>
    public VerificationReport<VerifiedEntry> VerifyUnder(
        VerifiedHead head, Receipt receipt, PayloadClaim? payload = null)
    {
        ThrowUnlessOwn(head);
        ArgumentNullException.ThrowIfNull(receipt);
        return head.IsOf(receipt)
            ? VerifyUnder(head, RecordEvidence.Of(receipt), payload)
            : VerifyReceipt(receipt, payload);
    }

    /// <summary>
    /// Verifies a record under a head verified before: steps 11 to 14. There being no receipt, its
    /// form counts as right.
    /// </summary>
    /// <exception cref="ArgumentException">The head was verified under another policy.</exception>
    public VerificationReport<VerifiedEntry> VerifyUnder(
        VerifiedHead head, RecordEvidence evidence, PayloadClaim? payload = null)
    {
        ThrowUnlessOwn(head);
        var checks = new CheckList();
        checks.Pass(VerificationRule.ReceiptFormat);
        checks.Add(head.Checks);
        RecordVerification.Check(checks, evidence, head.Statement, head.Checkpoint, payload);
        return Report(checks, head, evidence, payload);
    }

    /// <summary>Verifies a checkpoint with the epoch that signed it: steps 1 to 10.</summary>
    /// <param name="checkpoint">The signed note.</param>
    /// <param name="epoch">The signer's statement, its inclusion proof, and document.</param>
    public VerificationReport<VerifiedHead> VerifyHead(
        ReadOnlyMemory<byte> checkpoint, ReceiptEpoch epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        var checks = new CheckList();
        var verification = new HeadVerification(Policy, checkpoint, epoch);
        verification.Check(checks, _isEd25519AtHand);
        verification.CheckWitnesses(checks, _isEd25519AtHand);
        verification.CheckInclusion(checks);
        return verification.Report(checks);
    }

    /// <summary>
    /// Verifies a head without regard to witnesses: for those who are about to cosign it, or accuse
    /// who signed it.
    /// </summary>
    public VerificationReport<AttestedHead> VerifyAttestedHead(SignedHead head)
    {
        ArgumentNullException.ThrowIfNull(head);
        var checks = new CheckList();
        var verification = new HeadVerification(Policy, head.Checkpoint, head.Epoch);
        verification.Check(checks, _isEd25519AtHand);
        verification.CheckInclusion(checks);
        return verification.ReportAttested(checks);
    }

    /// <summary>
    /// The same for the head that a receipt, JSON or tlog-proof, stands under: what its holder can
    /// hold against the log, whether the receipt's record is good or not.
    /// </summary>
    public VerificationReport<AttestedHead> VerifyAttestedHead(ReadOnlySpan<byte> receipt)
    {
        if (TryDecode(receipt, out Receipt? read, out ReceiptRefusal? refusal))
        {
            return VerifyAttestedHead(new SignedHead(read.Checkpoint, read.Epoch));
        }
        var checks = new CheckList();
        checks.Fail(
            VerificationRule.ReceiptFormat, "a receipt in its one form", $"a fault {refusal}");
        return new VerificationReport<AttestedHead>(checks.ToArray(), null);
    }

    /// <summary>Verifies an epoch, without any head of it: steps 2 to 5 and 7.</summary>
    public VerificationReport<AttestedEpoch> VerifyEpoch(
        ReadOnlyMemory<byte> statement, ReadOnlyMemory<byte> document)
    {
        var checks = new CheckList();
        var verification = new HeadVerification(
            Policy, default, new ReceiptEpoch(statement, default, document));
        verification.CheckEpoch(checks);
        checks.RequireAll(HeadVerification.EpochRules);
        AttestedEpoch? epoch = checks.IsGood
            ? new AttestedEpoch(Policy, verification.Statement!, verification.Attestation!)
            : null;
        return new VerificationReport<AttestedEpoch>(checks.ToArray(), epoch);
    }

    /// <summary>
    /// Verifies that an epoch verified before signed a checkpoint, without regard to witnesses. The
    /// statement's inclusion is not asked for: an epoch signs trees with its statement only.
    /// </summary>
    /// <exception cref="ArgumentException">The epoch was verified under another policy.</exception>
    public VerificationReport<Checkpoint> VerifySigned(
        AttestedEpoch epoch, ReadOnlyMemory<byte> checkpoint)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        if (!ReferenceEquals(epoch.Policy, Policy))
        {
            throw new ArgumentException("The epoch is another policy's.", nameof(epoch));
        }
        var checks = new CheckList();
        var verification = new HeadVerification(checkpoint, epoch);
        verification.CheckSigned(checks, _isEd25519AtHand);
        checks.RequireAll(HeadVerification.SignedRules);
        return new VerificationReport<Checkpoint>(
            checks.ToArray(), checks.IsGood ? verification.Checkpoint : null);
    }

    /// <summary>Verifies evidence of a fork: docs/PROTOCOL.md section 17.</summary>
    public EvidenceReport VerifyEvidence(ForkEvidence evidence)
    {
        ArgumentNullException.ThrowIfNull(evidence);
        return EvidenceReport.Of(
            evidence, VerifyAttestedHead(evidence.Smaller), VerifyAttestedHead(evidence.Larger));
    }

    /// <summary>
    /// Verifies a document that an enclave made for this caller: section 11, "Verifying a live
    /// document". Size and root are the document's own.
    /// </summary>
    /// <param name="document">The live document.</param>
    /// <param name="statement">The statement of the epoch that it speaks of.</param>
    /// <param name="freshness">The nonce that was sent, and the time now.</param>
    public VerificationReport<VerifiedLiveHead> VerifyLive(
        ReadOnlySpan<byte> document,
        ReadOnlySpan<byte> statement,
        Freshness.LiveNonce freshness)
    {
        ArgumentNullException.ThrowIfNull(freshness);
        return LiveVerification.Check(Policy, document, statement, freshness);
    }

    private static bool TryDecode(
        ReadOnlySpan<byte> bytes,
        [NotNullWhen(true)] out Receipt? receipt,
        [NotNullWhen(false)] out ReceiptRefusal? refusal) =>
        bytes.StartsWith("c2sp.org/tlog-proof@"u8)
            ? ReceiptTlogProof.TryDecode(bytes, out receipt, out refusal)
            : Receipt.TryDecode(bytes, out receipt, out refusal);

    private static VerificationReport<VerifiedEntry> ReportUndecoded(ReceiptRefusal? refusal)
    {
        var checks = new CheckList();
        checks.Fail(
            VerificationRule.ReceiptFormat, "a receipt in its one form", $"a fault {refusal}");
        LeaveOutOthers(checks, "the receipt does not decode");
        return new VerificationReport<VerifiedEntry>(checks.ToArray(), null);
    }

    private static void LeaveOutOthers(CheckList checks, string reason)
    {
        foreach (VerificationRule rule in (VerificationRule[])
            [.. HeadVerification.Rules, .. RecordVerification.Rules])
        {
            if (!checks.Has(rule)) checks.LeaveOut(reason, rule);
        }
    }

    private static VerificationReport<VerifiedEntry> Report(
        CheckList checks, VerifiedHead? head, in RecordEvidence evidence, PayloadClaim? payload)
    {
        checks.RequireAll([VerificationRule.ReceiptFormat]);
        checks.RequireAll(HeadVerification.Rules);
        checks.RequireAll(RecordVerification.Rules);
        // A good list has a head: the head's rules are all in it.
        VerifiedEntry? entry = checks.IsGood
            ? new VerifiedEntry(head!, evidence, isPayloadChecked: payload is not null)
            : null;
        return new VerificationReport<VerifiedEntry>(checks.ToArray(), entry);
    }

    private void ThrowUnlessOwn(VerifiedHead head)
    {
        ArgumentNullException.ThrowIfNull(head);
        if (!ReferenceEquals(head.Policy, Policy))
        {
            throw new ArgumentException("The head is another policy's.", nameof(head));
        }
    }
}
