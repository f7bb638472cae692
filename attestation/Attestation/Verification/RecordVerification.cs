using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Verification;

/// <summary>
/// Steps 11 to 14 of docs/PROTOCOL.md section 11, and step 1 for the record and what belongs to it.
/// </summary>
internal static class RecordVerification
{
    /// <summary>The rules that <see cref="Check"/> gives an outcome.</summary>
    public static ReadOnlySpan<VerificationRule> Rules =>
    [
        VerificationRule.RecordFormat, VerificationRule.RequestFormat,
        VerificationRule.MetadataFormat,
        VerificationRule.RecordEpoch, VerificationRule.RecordNumber,
        VerificationRule.RecordInclusion, VerificationRule.Request, VerificationRule.Cells,
        VerificationRule.Metadata, VerificationRule.Payload,
    ];

    public static void Check(
        CheckList checks,
        in RecordEvidence evidence,
        EpochStatement? signer,
        Checkpoint? head,
        PayloadClaim? payload)
    {
        ReadOnlySpan<byte> record = evidence.Record.Span;
        if (EntryRecord.TryParse(record, out EntryRecord entry))
        {
            checks.Pass(VerificationRule.RecordFormat);
            CheckPosition(checks, evidence, entry.Header, signer, head);
            CheckEntry(checks, entry, evidence.Request.Span, evidence.Metadata.Span);
            CheckPayload(checks, entry, payload);
        }
        else if (EpochStatement.TryParse(record, out _)
            && RecordHeader.TryRead(record, out RecordHeader header))
        {
            checks.Pass(VerificationRule.RecordFormat);
            CheckPosition(checks, evidence, header, signer, head);
            CheckNoEntry(checks, "an epoch statement", evidence, payload);
        }
        else if (SealRecord.TryParse(record, out SealRecord seal))
        {
            checks.Pass(VerificationRule.RecordFormat);
            CheckPosition(checks, evidence, seal.Header, signer, head);
            CheckNoEntry(checks, "a seal", evidence, payload);
        }
        else if (SnapshotRecord.TryParse(record, out SnapshotRecord snapshot))
        {
            checks.Pass(VerificationRule.RecordFormat);
            CheckPosition(checks, evidence, snapshot.Header, signer, head);
            CheckNoEntry(checks, "a snapshot", evidence, payload);
        }
        else
        {
            checks.Fail(VerificationRule.RecordFormat, "a record", "other bytes");
            checks.LeaveOut("the record does not decode", Rules[1..]);
        }
    }

    private static void CheckPosition(
        CheckList checks,
        in RecordEvidence evidence,
        RecordHeader header,
        EpochStatement? signer,
        Checkpoint? head)
    {
        if (signer is null)
        {
            checks.LeaveOut("the statement does not decode", VerificationRule.RecordEpoch);
        }
        else
        {
            CheckEpoch(checks, evidence.Record.Span, header, signer, head);
        }
        if (head is null)
        {
            checks.LeaveOut(
                "the checkpoint does not decode",
                VerificationRule.RecordNumber, VerificationRule.RecordInclusion);
            return;
        }
        if (header.Number < head.Size)
        {
            checks.Pass(VerificationRule.RecordNumber);
        }
        else
        {
            checks.Fail(
                VerificationRule.RecordNumber,
                $"below the head's size {head.Size}",
                $"{header.Number}");
        }
        InclusionCheck.Check(
            checks,
            VerificationRule.RecordInclusion,
            header.Number,
            TreeHash.Leaf(evidence.Record.Span),
            evidence.Inclusion.Span,
            head);
    }

    private static void CheckEpoch(
        CheckList checks,
        ReadOnlySpan<byte> record,
        RecordHeader header,
        EpochStatement signer,
        Checkpoint? head)
    {
        EpochStatementFields start = signer.Fields;
        bool fits = header.Epoch == start.Epoch
            ? header.Number >= start.Number
            : header.Epoch < start.Epoch && header.Number < start.Number;
        // An epoch has one statement, at its first number, and that number has nothing else.
        bool mustBeStatement = header.Number == start.Number
            || (header.Type == RecordType.Statement && header.Epoch == start.Epoch);
        bool isStatement = !mustBeStatement || record.SequenceEqual(signer.Bytes.Span);
        if (fits && isStatement && IsSealedRightly(record, header, signer, head))
        {
            checks.Pass(VerificationRule.RecordEpoch);
            return;
        }
        checks.Fail(
            VerificationRule.RecordEpoch,
            $"a record that fits epoch {start.Epoch}, which begins with its statement at"
                + $" {start.Number}",
            $"epoch {header.Epoch}, number {header.Number}"
                + (isStatement ? "" : ", not that statement")
                + (fits && isStatement ? ", not sealed as they say" : ""));
    }

    // A seal ends the statement's epoch or the one before it, and the statement says which it was.
    private static bool IsSealedRightly(
        ReadOnlySpan<byte> record, RecordHeader header, EpochStatement signer, Checkpoint? head)
    {
        EpochStatementFields start = signer.Fields;
        bool isSeal = SealRecord.TryParse(record, out SealRecord seal);
        bool isJustBefore = start.Number > 0 && header.Number == start.Number - 1;
        if (isJustBefore && isSeal != (start.PreviousEnd == PreviousEpochEnd.Sealed)) return false;
        if (!isSeal) return true;
        if (header.Epoch == start.Epoch)
        {
            return seal.Statement == signer.Hash
                && (head is null || header.Number == head.Size - 1);
        }
        return header.Epoch + 1 != start.Epoch
            ? !isJustBefore
            : isJustBefore && seal.Statement == start.PreviousStatement;
    }

    private static void CheckEntry(
        CheckList checks,
        EntryRecord entry,
        ReadOnlySpan<byte> requestBytes,
        ReadOnlySpan<byte> metadataBytes)
    {
        if (AppendRequest.TryParse(requestBytes, out AppendRequest request))
        {
            checks.Pass(VerificationRule.RequestFormat);
            CheckRequest(checks, entry, request);
            CheckCells(checks, entry, request);
        }
        else
        {
            checks.Fail(VerificationRule.RequestFormat, "a request", "other bytes");
            checks.LeaveOut(
                "the request does not decode", VerificationRule.Request, VerificationRule.Cells);
        }
        if (EntryMetadata.TryParse(metadataBytes, out _))
        {
            checks.Pass(VerificationRule.MetadataFormat);
            checks.ExpectEqual(
                VerificationRule.Metadata, entry.Metadata, Derivation.Metadata(metadataBytes));
        }
        else
        {
            checks.Fail(VerificationRule.MetadataFormat, "a metadata block", "other bytes");
            checks.LeaveOut("the metadata does not decode", VerificationRule.Metadata);
        }
    }

    private static void CheckRequest(CheckList checks, EntryRecord entry, AppendRequest request)
    {
        var differing = new List<string>();
        if (entry.Request != Derivation.Request(request.Bytes)) differing.Add("request digest");
        if (entry.Tenant != request.Tenant) differing.Add("tenant");
        if (entry.Payload != request.Payload) differing.Add("payload commitment");
        if (entry.PayloadLength != request.PayloadLength) differing.Add("payload length");
        if (entry.Metadata != request.Metadata) differing.Add("metadata digest");
        if (entry.Idempotency != request.Idempotency) differing.Add("idempotency digest");
        if (differing.Count == 0)
        {
            checks.Pass(VerificationRule.Request);
            return;
        }
        checks.Fail(
            VerificationRule.Request,
            "the request that the record names",
            "another " + string.Join(", ", differing));
    }

    private static void CheckCells(CheckList checks, EntryRecord entry, AppendRequest request)
    {
        int updates = 0;
        int firstOther = -1;
        foreach (Operation operation in request.Operations)
        {
            if (!operation.IsUpdate) continue;
            if (firstOther < 0
                && updates < entry.CellCount
                && entry.Cell(updates).Key
                    != Derivation.CellKey(request.Tenant, (byte)operation.Kind, operation.Name))
            {
                firstOther = updates;
            }
            updates++;
        }
        if (updates == entry.CellCount && firstOther < 0)
        {
            checks.Pass(VerificationRule.Cells);
            return;
        }
        checks.Fail(
            VerificationRule.Cells,
            $"the cells of the request's {updates} updates",
            firstOther < 0 ? $"{entry.CellCount} cells" : $"another key in cell {firstOther}");
    }

    private static void CheckPayload(CheckList checks, EntryRecord entry, PayloadClaim? payload)
    {
        if (payload is not { } given)
        {
            checks.Excuse("no payload was given", VerificationRule.Payload);
            return;
        }
        var recorded = new PayloadClaim(entry.Payload, entry.PayloadLength);
        if (given == recorded) checks.Pass(VerificationRule.Payload);
        else checks.Fail(VerificationRule.Payload, Text(recorded), Text(given));
    }

    private static void CheckNoEntry(
        CheckList checks, string what, in RecordEvidence evidence, PayloadClaim? payload)
    {
        string reason = $"the record is {what}";
        ExpectNone(checks, VerificationRule.RequestFormat, what, evidence.Request);
        ExpectNone(checks, VerificationRule.MetadataFormat, what, evidence.Metadata);
        checks.Excuse(
            reason,
            VerificationRule.Request,
            VerificationRule.Cells,
            VerificationRule.Metadata);
        if (payload is { } given)
        {
            checks.Fail(VerificationRule.Payload, $"none for {what}", Text(given));
        }
        else
        {
            checks.Excuse(reason, VerificationRule.Payload);
        }
    }

    private static void ExpectNone(
        CheckList checks, VerificationRule rule, string what, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty) checks.Pass(rule);
        else checks.Fail(rule, $"none for {what}", $"{bytes.Length} bytes");
    }

    private static string Text(PayloadClaim payload) =>
        $"{payload.Length} bytes with SHA-256 {payload.Commitment}";
}
