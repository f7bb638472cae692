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

    public HeadVerification(TrustPolicy policy, ReadOnlyMemory<byte> note, ReceiptEpoch epoch)
    {
        _policy = policy;
        _note = note;
        _epoch = epoch;
    }

    /// <summary>The rules that <see cref="Check"/> and an inclusion check give an
    /// outcome.</summary>
    public static ReadOnlySpan<VerificationRule> Rules =>
    [
        VerificationRule.StatementFormat, VerificationRule.CheckpointFormat,
        VerificationRule.Attestation, VerificationRule.EpochPublicKey,
        VerificationRule.EpochDomain, VerificationRule.EpochStatement,
        VerificationRule.LogId, VerificationRule.Origin, VerificationRule.Configuration,
        VerificationRule.SignatureLines, VerificationRule.Ecdsa, VerificationRule.Ed25519,
        VerificationRule.StatementNumber, VerificationRule.StatementInclusion,
        VerificationRule.MeasurementRetired,
    ];

    /// <summary>The statement, as soon as it decodes.</summary>
    public EpochStatement? Statement { get; private set; }

    /// <summary>The checkpoint, as soon as it decodes.</summary>
    public Checkpoint? Checkpoint { get; private set; }

    /// <summary>What the document proves, as soon as it verifies.</summary>
    public VerifiedAttestation? Attestation { get; private set; }

    /// <summary>Gives all rules their outcome but that of the statement's inclusion.</summary>
    public void Check(CheckList checks, bool isEd25519AtHand)
    {
        if (EpochStatement.TryParse(_epoch.Statement.Span, out EpochStatement? statement))
        {
            checks.Pass(VerificationRule.StatementFormat);
        }
        else
        {
            checks.Fail(VerificationRule.StatementFormat, "an epoch statement", "other bytes");
        }
        Statement = statement;
        SignedNote? note = CheckNote(checks);
        Attestation = EpochVerification.Check(checks, _policy, statement, _epoch.Document.Span);
        CheckOrigin(checks);
        if (note is not null && statement is not null)
        {
            SignatureVerification.Check(checks, note, statement, isEd25519AtHand);
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
            ? new VerifiedHead(
                _policy, _note, _epoch, Statement!, Checkpoint!, Attestation!, outcome)
            : null;
        return new VerificationReport<VerifiedHead>(outcome, head);
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
