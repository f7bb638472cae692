using System.Collections.Immutable;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// Steps 1 to 10 of docs/PROTOCOL.md section 11, as far as they concern the checkpoint and the
/// epoch that signed it.
/// </summary>
internal sealed class HeadVerification
{
    private readonly TrustPolicy _policy;
    private readonly ReadOnlyMemory<byte> _note;
    private readonly ReceiptEpoch _epoch;

    private SignedNote? _signed;

    public HeadVerification(TrustPolicy policy, ReadOnlyMemory<byte> note, ReceiptEpoch epoch)
    {
        _policy = policy;
        _note = note;
        _epoch = epoch;
    }

    /// <summary>Of a head by an epoch that was verified before.</summary>
    public HeadVerification(ReadOnlyMemory<byte> note, AttestedEpoch epoch)
        : this(
            epoch.Policy, note, new ReceiptEpoch(epoch.Statement.Bytes, default, epoch.Document))
    {
        Statement = epoch.Statement;
        Attestation = epoch.Attestation;
    }

    /// <summary>The rules that <see cref="Check"/>, <see cref="CheckWitnesses"/> and an inclusion
    /// check give an outcome.</summary>
    public static ReadOnlySpan<VerificationRule> Rules =>
    [
        VerificationRule.StatementFormat, VerificationRule.CheckpointFormat,
        VerificationRule.Attestation, VerificationRule.EpochPublicKey,
        VerificationRule.EpochDomain, VerificationRule.EpochStatement,
        VerificationRule.LogId, VerificationRule.Origin, VerificationRule.Configuration,
        VerificationRule.SignatureLines, VerificationRule.Ecdsa, VerificationRule.Ed25519,
        VerificationRule.Cosignature, VerificationRule.WitnessQuorum,
        VerificationRule.StatementNumber, VerificationRule.StatementInclusion,
        VerificationRule.MeasurementRetired,
    ];

    /// <summary>The rules about the epoch, whatever it signed.</summary>
    public static ReadOnlySpan<VerificationRule> EpochRules =>
    [
        VerificationRule.StatementFormat, VerificationRule.Attestation,
        VerificationRule.EpochPublicKey, VerificationRule.EpochDomain,
        VerificationRule.EpochStatement, VerificationRule.LogId, VerificationRule.Configuration,
    ];

    /// <summary>The rules about a head that an epoch signed.</summary>
    public static ReadOnlySpan<VerificationRule> SignedRules =>
    [
        VerificationRule.CheckpointFormat, VerificationRule.Origin,
        VerificationRule.SignatureLines, VerificationRule.Ecdsa, VerificationRule.Ed25519,
        VerificationRule.StatementNumber, VerificationRule.MeasurementRetired,
    ];

    /// <summary>The size that a note speaks of; false if it does not decode.</summary>
    public static bool TryReadSize(ReadOnlySpan<byte> note, out ulong size)
    {
        size = 0;
        if (!SignedNote.TryParse(note, out SignedNote? signed, out _)
            || !Notes.Checkpoint.TryParse(signed.Text.Span, out Checkpoint? checkpoint, out _))
        {
            return false;
        }
        size = checkpoint.Size;
        return true;
    }

    /// <summary>The statement, as soon as it decodes.</summary>
    public EpochStatement? Statement { get; private set; }

    /// <summary>The checkpoint, as soon as it decodes.</summary>
    public Checkpoint? Checkpoint { get; private set; }

    /// <summary>What the document proves, as soon as it verifies.</summary>
    public VerifiedAttestation? Attestation { get; private set; }

    /// <summary>Which witnesses of the policy cosigned; empty before they were checked.</summary>
    public ImmutableArray<VerifiedCosignature> Cosignatures { get; private set; } = [];

    /// <summary>
    /// Gives all rules their outcome but those of the witnesses and of the statement's inclusion.
    /// </summary>
    public void Check(CheckList checks, bool isEd25519AtHand)
    {
        CheckEpoch(checks);
        CheckSigned(checks, isEd25519AtHand);
    }

    /// <summary>That the epoch is an attested one: <see cref="EpochRules"/>.</summary>
    public void CheckEpoch(CheckList checks)
    {
        checks.Expect(
            VerificationRule.StatementFormat,
            EpochStatement.TryParse(_epoch.Statement.Span, out EpochStatement? statement),
            "an epoch statement",
            "other bytes");
        Statement = statement;
        Attestation = EpochVerification.Check(checks, _policy, statement, _epoch.Document.Span);
    }

    /// <summary>That the epoch signed the head: <see cref="SignedRules"/>.</summary>
    public void CheckSigned(CheckList checks, bool isEd25519AtHand)
    {
        _signed = CheckNote(checks);
        CheckOrigin(checks);
        if (_signed is not null && Statement is not null)
        {
            SignatureVerification.Check(checks, _signed, Statement, isEd25519AtHand);
        }
        else
        {
            checks.LeaveOut(
                "checkpoint or statement does not decode",
                VerificationRule.SignatureLines, VerificationRule.Ecdsa, VerificationRule.Ed25519);
        }
        CheckNumber(checks);
        CheckRetired(checks);
    }

    /// <summary>The policy's witnesses, once the note was looked at.</summary>
    public void CheckWitnesses(CheckList checks, bool isEd25519AtHand)
    {
        if (_signed is null) CosignatureVerification.LeaveOut(checks);
        else
        {
            Cosignatures = CosignatureVerification.Check(
                checks, _policy.Witnesses, _signed, isEd25519AtHand);
        }
    }

    /// <summary>The statement's inclusion, by the receipt's proof.</summary>
    public void CheckInclusion(CheckList checks)
    {
        if (Statement is null || Checkpoint is null)
        {
            checks.LeaveOut(
                "checkpoint or statement does not decode", VerificationRule.StatementInclusion);
            return;
        }
        InclusionCheck.Check(
            checks,
            VerificationRule.StatementInclusion,
            Statement.Fields.Number,
            TreeHash.Leaf(Statement.Bytes.Span),
            _epoch.Inclusion.Span,
            Checkpoint);
    }

    /// <summary>The report; its head only if all is good.</summary>
    public VerificationReport<VerifiedHead> Report(CheckList checks)
    {
        checks.RequireAll(Rules);
        var outcome = checks.ToArray();
        VerifiedHead? head = checks.IsGood
            ? new VerifiedHead(ToAttestedHead(), outcome, Cosignatures)
            : null;
        return new VerificationReport<VerifiedHead>(outcome, head);
    }

    /// <summary>The report without the witnesses.</summary>
    public VerificationReport<AttestedHead> ReportAttested(CheckList checks)
    {
        checks.RequireAll(EpochRules);
        checks.RequireAll(SignedRules);
        checks.RequireAll([VerificationRule.StatementInclusion]);
        return new VerificationReport<AttestedHead>(
            checks.ToArray(), checks.IsGood ? ToAttestedHead() : null);
    }

    // For a good list only: then all of these were found. All of it in own copies, since a caller
    // that reuses its buffers must not change what was verified.
    private AttestedHead ToAttestedHead()
    {
        var epoch = new AttestedEpoch(_policy, Statement!, Attestation!);
        return new AttestedHead(
            epoch,
            Checkpoint!,
            _note.ToArray(),
            new ReceiptEpoch(Statement!.Bytes, _epoch.Inclusion.ToArray(), epoch.Document));
    }

    private SignedNote? CheckNote(CheckList checks)
    {
        if (!SignedNote.TryParse(_note.Span, out SignedNote? note, out NoteRefusal why))
        {
            checks.Fail(VerificationRule.CheckpointFormat, "a signed note", $"{why}");
            return null;
        }
        if (!Checkpoint.TryParse(note.Text.Span, out Checkpoint? checkpoint, out var refusal))
        {
            checks.Fail(VerificationRule.CheckpointFormat, "a checkpoint", $"{refusal}");
            return note;
        }
        checks.Pass(VerificationRule.CheckpointFormat);
        Checkpoint = checkpoint;
        return note;
    }

    private void CheckOrigin(CheckList checks)
    {
        string? other = new[] { Checkpoint?.Origin, Statement?.Fields.Configuration.Origin }
            .FirstOrDefault(o => o is not null && o != _policy.Origin);
        if (other is not null)
        {
            checks.Fail(VerificationRule.Origin, _policy.Origin, other);
        }
        else if (Checkpoint is null || Statement is null)
        {
            checks.LeaveOut("checkpoint or statement does not decode", VerificationRule.Origin);
        }
        else
        {
            DocumentVerification.CheckPinned(
                checks, _policy, VerificationRule.Origin, _policy.Origin, Checkpoint.Origin);
        }
    }

    private void CheckNumber(CheckList checks)
    {
        if (Statement is null || Checkpoint is null)
        {
            checks.LeaveOut(
                "checkpoint or statement does not decode", VerificationRule.StatementNumber);
            return;
        }
        checks.Expect(
            VerificationRule.StatementNumber,
            Statement.Fields.Number < Checkpoint.Size,
            $"below the head's size {Checkpoint.Size}",
            $"{Statement.Fields.Number}");
    }

    private void CheckRetired(CheckList checks)
    {
        if (Attestation is null || Checkpoint is null)
        {
            checks.LeaveOut(
                "no image was attested, or the checkpoint does not decode",
                VerificationRule.MeasurementRetired);
            return;
        }
        ulong max = _policy.NotAfterSize(Attestation.Measurements) ?? ulong.MaxValue;
        checks.Expect(
            VerificationRule.MeasurementRetired,
            Checkpoint.Size <= max,
            $"a size up to {max} by image {Attestation.Measurements.Name}",
            $"{Checkpoint.Size}");
    }
}
