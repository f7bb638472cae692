using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Auditing;

/// <summary>
/// The signed heads that a source keeps beside its records, one a batch: origin, size and root of
/// every one, the signatures of the last one of each epoch. Signatures of all would cost as much as
/// the enclave's own work, and the last head of an epoch covers all records under those before.
/// </summary>
internal sealed class BatchHeads(TrustPolicy policy, FaultList faults, bool isEd25519AtHand)
{
    private SignedNote? _last;
    private EpochStatement? _signer;
    private string _place = "";
    private ulong _size;
    private int _epochs;

    /// <summary>Takes the head after the records that were replayed so far.</summary>
    public void Take(ReadOnlySpan<byte> note, LogReplay replay, string place)
    {
        EpochStatement? signer = replay.Statements.Count > 0 ? replay.Statements[^1] : null;
        if (!ReferenceEquals(signer, _signer)) EndEpoch();
        CheckEnds(replay, place);
        if (!SignedNote.TryParse(note, out SignedNote? parsed, out NoteRefusal why))
        {
            Fault(VerificationRule.CheckpointFormat, "a signed note", $"{why}", replay, place);
            return;
        }
        if (!Checkpoint.TryParse(parsed.Text.Span, out Checkpoint? head, out var refusal))
        {
            Fault(VerificationRule.CheckpointFormat, "a checkpoint", $"{refusal}", replay, place);
            return;
        }
        (_last, _signer, _place) = (parsed, signer, place);
        if (head.Origin != policy.Origin)
        {
            Fault(VerificationRule.Origin, policy.Origin, head.Origin, replay, place);
        }
        if (head.Size != replay.Next)
        {
            Fault(VerificationRule.Root, $"size {replay.Next}", $"size {head.Size}", replay, place);
        }
        else if (replay.IsTreeWhole && head.Root != replay.Root())
        {
            Fault(
                VerificationRule.Root,
                $"root {replay.Root()} of the records", $"{head.Root}", replay, place);
        }
    }

    /// <summary>Verifies the signatures of the last head of an epoch.</summary>
    public void EndEpoch()
    {
        if (_last is not null && _signer is not null)
        {
            var checks = new CheckList();
            SignatureVerification.Check(checks, _last, _signer, isEd25519AtHand);
            faults.Add(checks.ToArray(), _signer.Fields.Epoch, _place);
        }
        _last = null;
    }

    /// <summary>
    /// An epoch begins at the last signed head of the one before it. Without that head nobody would
    /// have signed what stands between, and no signature of that epoch might be left at all.
    /// </summary>
    private void CheckEnds(LogReplay replay, string place)
    {
        for (; _epochs < replay.Statements.Count; _epochs++)
        {
            ulong start = replay.Statements[_epochs].Fields.Number;
            // Behind a gap the heads in it are missing with it, which is told already.
            if (start == _size || !replay.IsTreeWhole) continue;
            faults.Add(new AuditFault(
                VerificationRule.Missing, $"a head of size {start}, where an epoch ended", "none")
            { Number = start, Place = place });
        }
        _size = replay.Next;
    }

    private void Fault(
        VerificationRule rule, string expected, string actual, LogReplay replay, string place) =>
        faults.Add(new AuditFault(rule, expected, actual)
        {
            Number = replay.Next - 1,
            Place = place,
        });
}
