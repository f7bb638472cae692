using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Attestation.Verification;
using Rule = Sequencer.Attestation.Verification.VerificationRule;

namespace Sequencer.Attestation.Tests.Log;

public sealed class VerifyReceiptTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(6);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Every_record_under_every_later_head_verifies()
    {
        _log.OpenEpoch();
        _log.Append(stream: "stream 0");
        var verifier = new LogVerifier(_log.Policy);
        for (ulong size = 1; size <= _log.Size; size++)
        {
            for (ulong number = 0; number < size; number++)
            {
                var report = verifier.VerifyReceipt(_log.Receipt(number, size).Encode());
                Assert.Empty(report.Faults);
                Assert.True(report.TryGet(out VerifiedEntry? entry));
                Assert.Equal(number, entry.Number);
                Assert.Equal(size, entry.Head.Checkpoint.Size);
            }
        }
    }

    [Fact]
    public void A_verified_entry_tells_what_was_recorded()
    {
        Assert.True(EntryMetadata.TryCreate("order", "text/plain", [], out var metadata, out _));
        ulong number = _log.Append("hello", "orders", "key 1", metadata);
        var payload = PayloadClaim.Of("hello"u8);

        var report = new LogVerifier(_log.Policy).VerifyReceipt(_log.Receipt(number), payload);

        Assert.True(report.TryGet(out VerifiedEntry? entry));
        Assert.Equal(RecordType.Entry, entry.Type);
        Assert.Equal(new StreamVersion("orders", 1), Assert.Single(entry.Streams));
        Assert.Equal(payload.Commitment, entry.PayloadCommitment);
        Assert.Equal("order", entry.Metadata!.Type);
        Assert.Equal(_log.TimeMs, entry.TimeMs);
        Assert.True(entry.IsPayloadChecked);
        Assert.True(entry.Head.IsInsecureDevelopment);
        Assert.Equal("test", entry.Head.MeasurementName);
        Assert.Equal(_log.Policy.LogId, entry.Head.LogId);
        Assert.All(
            report.Checks.Where(c => c.Rule != Rule.WitnessQuorum),
            c => Assert.IsType<VerificationCheck.Passed>(c));
    }

    [Fact]
    public void A_statement_has_a_receipt_too()
    {
        var report = new LogVerifier(_log.Policy).VerifyReceipt(_log.Receipt(0));

        Assert.True(report.TryGet(out VerifiedEntry? entry));
        Assert.Equal(RecordType.Statement, entry.Type);
        Assert.Null(entry.PayloadCommitment);
    }

    [Fact]
    public void Without_an_ed25519_implementation_the_rest_decides_and_it_is_said()
    {
        var report = new LogVerifier(_log.Policy, isEd25519AtHand: false)
            .VerifyReceipt(_log.Receipt(2));

        Assert.True(report.IsGood);
        var check = report.Checks.Single(c => c.Rule == Rule.Ed25519);
        Assert.True(Assert.IsType<VerificationCheck.NotChecked>(check).IsExcused);
    }

    [Fact]
    public void A_verified_head_serves_for_other_receipts_under_it()
    {
        var verifier = new LogVerifier(_log.Policy);
        Assert.True(verifier
            .VerifyHead(_log.Note(_log.Size), _log.Bundle(_log.Size))
            .TryGet(out VerifiedHead? head));

        Assert.True(verifier.VerifyUnder(head, _log.Receipt(2)).IsGood);
        Assert.True(verifier.VerifyUnder(head, _log.Receipt(2, 4)).IsGood);
        var wrong = RecordEvidence.Of(_log.Receipt(3)) with { Record = _log.Records[2] };
        Assert.Contains(
            verifier.VerifyUnder(head, wrong).Faults, f => f.Rule == Rule.RecordInclusion);
        Assert.Throws<ArgumentException>(
            () => new LogVerifier(_log.Policy).VerifyUnder(head, _log.Receipt(2)));
    }

    [Fact]
    public void What_is_no_receipt_is_refused_and_nothing_else_is_claimed()
    {
        var report = new LogVerifier(_log.Policy).VerifyReceipt("{}\n"u8);

        Assert.Equal([Rule.ReceiptFormat], report.Faults.Select(f => f.Rule));
        Assert.Equal(Enum.GetValues<Rule>().Count(r => r <= Rule.Payload), report.Checks.Length);
    }

    [Fact]
    public void A_second_genesis_under_the_same_origin_is_another_log()
    {
        using TestLog other = TestLog.WithEntries(6);
        ExpectOnly(other.Receipt(3), Rule.LogId);
    }

    [Fact]
    public void Another_configuration_is_refused()
    {
        using var other = new TestLog(cellsMax: 7);
        other.OpenEpoch();
        other.Append();
        var policy = new TrustPolicy(
            other.Policy.LogId, _log.Configuration, _log.Policy.Measurements, _log.Policy.Roots);
        ExpectOnly(other.Receipt(1), Rule.Configuration, policy);
    }

    [Fact]
    public void Another_origin_is_refused()
    {
        using var other = new TestLog(origin: "sequencer.example/log2");
        other.OpenEpoch();
        other.Append();
        var policy = new TrustPolicy(
            other.Policy.LogId, _log.Configuration, _log.Policy.Measurements, _log.Policy.Roots);
        Expect(other.Receipt(1), policy, Rule.Origin, Rule.Configuration);
    }

    [Fact]
    public void A_document_of_another_domain_is_refused()
    {
        using TestLog log = OneEpoch(d => TestEpoch.SetUserData(d, new byte[45]));
        ExpectOnly(log.Receipt(1), Rule.EpochDomain, log.Policy);
        byte[] live = Derivation.LiveUserData("statement"u8, 1, Digest.Zero);
        using TestLog second = OneEpoch(d => TestEpoch.SetUserData(d, live));
        ExpectOnly(second.Receipt(1), Rule.EpochDomain, second.Policy);
        byte[] kms = [.. "seq-kms/v1\0"u8, .. live.AsSpan(12, Digest.Size)];
        using TestLog third = OneEpoch(d => TestEpoch.SetUserData(d, kms));
        ExpectOnly(third.Receipt(1), Rule.EpochDomain, third.Policy);
    }

    [Fact]
    public void A_document_of_another_statement_is_refused()
    {
        byte[] userData = Derivation.EpochUserData("another"u8);
        using TestLog log = OneEpoch(d => TestEpoch.SetUserData(d, userData));
        ExpectOnly(log.Receipt(1), Rule.EpochStatement, log.Policy);
    }

    [Fact]
    public void A_document_of_another_key_is_refused()
    {
        using TestLog log = OneEpoch(d => TestEpoch.SetPublicKey(d, new byte[91]));
        ExpectOnly(log.Receipt(1), Rule.EpochPublicKey, log.Policy);
    }

    [Fact]
    public void The_bundle_of_another_epoch_is_refused()
    {
        _log.OpenEpoch();
        _log.Append();
        Receipt r = _log.Receipt(3);
        TestEpoch first = _log.Epochs[0];
        var bundle = new ReceiptEpoch(
            first.Statement.Bytes, _log.Inclusion(0, _log.Size), first.Document);
        Expect(
            new Receipt(r.Record, r.Request, r.Metadata, r.Inclusion, r.Checkpoint, bundle),
            _log.Policy, Rule.SignatureLines);
        // A record of the second epoch cannot be under a head of the first.
        r = _log.Receipt(_log.Size - 1);
        Expect(
            new Receipt(r.Record, r.Request, r.Metadata, r.Inclusion, r.Checkpoint, bundle),
            _log.Policy, Rule.SignatureLines, Rule.RecordEpoch);
    }

    [Fact]
    public void Signature_lines_are_these_two_in_this_order()
    {
        SignedNote note = Note();
        NoteSignature[] lines = [.. note.Signatures];
        byte[] signature = lines[0].Signature.ToArray();
        signature[^1] ^= 1;
        byte[] other = lines[1].Signature.ToArray();
        other[40] ^= 1;
        (NoteSignature[] Lines, Rule Rule)[] cases =
        [
            ([lines[0]], Rule.SignatureLines),
            ([lines[1]], Rule.SignatureLines),
            ([lines[1], lines[0]], Rule.SignatureLines),
            ([lines[0], lines[1], lines[1]], Rule.SignatureLines),
            ([lines[0], lines[1] with { KeyId = 7 }, lines[1]], Rule.SignatureLines),
            ([lines[0] with { Signature = signature }, lines[1]], Rule.Ecdsa),
            ([lines[0], lines[1] with { Signature = other }], Rule.Ed25519),
        ];
        foreach ((NoteSignature[] changed, Rule rule) in cases)
        {
            byte[] bytes = SignedNote.Create(note.Text.Span, changed).ToBytes();
            ExpectOnly(With(checkpoint: bytes), rule);
        }
    }

    [Fact]
    public void A_checkpoint_that_is_none_is_refused()
    {
        byte[] text = [.. Note().Text.Span, .. "extension\n"u8];
        byte[] extended = SignedNote.Create(text, Note().Signatures).ToBytes();
        Expect(With(checkpoint: extended), _log.Policy, Rule.CheckpointFormat);
        ExpectOnly(With(checkpoint: "no note"u8.ToArray()), Rule.CheckpointFormat);
    }

    [Fact]
    public void A_retired_image_signs_no_larger_head()
    {
        TrustPolicy At(ulong size) => new(
            _log.Policy.LogId, _log.Configuration,
            [new AcceptedMeasurement(TestNitroDocument.Measurements(), size)], [TestLog.Root]);

        Assert.True(new LogVerifier(At(_log.Size)).VerifyReceipt(_log.Receipt(3)).IsGood);
        ExpectOnly(_log.Receipt(3), Rule.MeasurementRetired, At(_log.Size - 1));
    }

    [Fact]
    public void An_aws_policy_refuses_a_development_document_for_its_root()
    {
        var policy = new TrustPolicy(
            _log.Policy.LogId, _log.Configuration, _log.Policy.Measurements,
            [TrustedRoot.AwsNitroEnclavesG1]);

        var failed = Expect(_log.Receipt(3), policy, Rule.Attestation).Single();

        Assert.Equal(AttestationRule.RootNotTrusted, failed.Attestation!.Rule);
    }

    [Fact]
    public void Each_of_several_roots_is_tried()
    {
        var policy = new TrustPolicy(
            _log.Policy.LogId, _log.Configuration, _log.Policy.Measurements,
            [TrustedRoot.AwsNitroEnclavesG1, TestLog.Root]);
        Assert.True(new LogVerifier(policy).VerifyReceipt(_log.Receipt(3)).IsGood);
    }

    [Fact]
    public void Another_payload_is_refused()
    {
        var verifier = new LogVerifier(_log.Policy);
        var report = verifier.VerifyReceipt(_log.Receipt(3), PayloadClaim.Of("another"u8));
        Assert.Equal([Rule.Payload], report.Faults.Select(f => f.Rule));
        report = verifier.VerifyReceipt(_log.Receipt(0), PayloadClaim.Of("any"u8));
        Assert.Equal([Rule.Payload], report.Faults.Select(f => f.Rule));
    }

    [Fact]
    public void A_request_other_than_the_recorded_is_refused()
    {
        byte[] request = [.. _log.Entries[3]!.Request];
        request[^1] ^= 1; // The stream's name, and with it the cell.
        Expect(With(request: request), _log.Policy, Rule.Request, Rule.Cells);
        request = [.. _log.Entries[3]!.Request];
        request[110] ^= 1; // The idempotency digest.
        ExpectOnly(With(request: request), Rule.Request);
        ExpectOnly(With(request: []), Rule.RequestFormat);
    }

    [Fact]
    public void Metadata_other_than_the_recorded_is_refused()
    {
        Assert.True(EntryMetadata.TryCreate("x", "", [], out var metadata, out _));
        ExpectOnly(With(metadata: metadata.Block.ToArray()), Rule.Metadata);
        ExpectOnly(With(metadata: [2]), Rule.MetadataFormat);
    }

    [Fact]
    public void Cells_other_than_the_requested_are_refused()
    {
        using var log = new TestLog();
        log.OpenEpoch();
        log.Append(stream: "a", edit: r => Edited(r, EntryRecord.FixedBytes));
        ExpectOnly(log.Receipt(1), Rule.Cells, log.Policy);
    }

    [Fact]
    public void A_record_elsewhere_than_its_number_is_refused()
    {
        using var log = new TestLog();
        log.OpenEpoch();
        log.Append(edit: r => Edited(r, 15, 1 ^ 9)); // Number 9.
        log.Append(edit: r => Edited(r, 15, 2 ^ 1)); // Number 1, at place 2.
        ExpectOnly(log.Receipt(1), Rule.RecordNumber, log.Policy);
        ExpectOnly(log.Receipt(2), Rule.RecordInclusion, log.Policy);
    }

    [Fact]
    public void Records_and_epochs_must_fit()
    {
        using var log = new TestLog();
        log.OpenEpoch();
        log.Append(edit: r => Edited(r, 7, 1)); // Epoch 1, of which no head is.
        ExpectOnly(log.Receipt(1), Rule.RecordEpoch, log.Policy);
        log.OpenEpoch();
        log.Append(edit: r => Edited(r, 7, 1)); // Epoch 0, behind the statement of epoch 1.
        ExpectOnly(log.Receipt(3), Rule.RecordEpoch, log.Policy);
        // Epoch 1 before its own statement.
        ExpectOnly(log.Receipt(1), Rule.RecordEpoch, log.Policy);
    }

    [Fact]
    public void A_statement_beyond_or_outside_the_tree_is_refused()
    {
        TestEpoch epoch = _log.Epochs[0];
        _log.OpenEpoch();
        TestEpoch later = _log.Epochs[1];
        byte[] note = later.Sign(new Checkpoint(TestLog.Origin, 3, _log.RootAt(3)));
        Receipt r = _log.Receipt(2, 3);
        var bundle = new ReceiptEpoch(later.Statement.Bytes, default, later.Document);
        ExpectOnly(
            new Receipt(r.Record, r.Request, r.Metadata, r.Inclusion, note, bundle),
            Rule.StatementNumber);
        bundle = new ReceiptEpoch(epoch.Statement.Bytes, new Digest[2], epoch.Document);
        ExpectOnly(
            new Receipt(r.Record, r.Request, r.Metadata, r.Inclusion, r.Checkpoint, bundle),
            Rule.StatementInclusion);
        bundle = new ReceiptEpoch("none"u8.ToArray(), default, epoch.Document);
        ExpectOnly(
            new Receipt(r.Record, r.Request, r.Metadata, r.Inclusion, r.Checkpoint, bundle),
            Rule.StatementFormat);
    }

    [Fact]
    public void A_record_of_the_statements_number_is_that_statement()
    {
        using var log = new TestLog();
        log.OpenEpoch();
        log.Append();
        Receipt r = log.Receipt(1);
        byte[] record = Edited([.. r.Record.Span], 15, 1); // Number 0.
        ExpectOnly(
            new Receipt(record, r.Request, r.Metadata, r.Inclusion, r.Checkpoint, r.Epoch),
            Rule.RecordEpoch, log.Policy, alsoFailing: Rule.RecordInclusion);
        ExpectOnly(
            new Receipt(
                "none"u8.ToArray(), r.Request, r.Metadata, r.Inclusion, r.Checkpoint, r.Epoch),
            Rule.RecordFormat, log.Policy);
    }

    [Fact]
    public void Every_rule_has_its_own_name()
    {
        string[] codes = [.. Enum.GetValues<Rule>().Select(r => r.Code())];
        Assert.Equal(codes.Length, codes.Distinct().Count());
        Assert.All(codes, c => Assert.Matches("^[a-z0-9-]+$", c));
    }

    private static byte[] Edited(byte[] record, int at, byte mask = 1)
    {
        record[at] ^= mask;
        return record;
    }

    private static TestLog OneEpoch(Action<TestNitroDocument> document)
    {
        var log = new TestLog();
        log.OpenEpoch(document: document);
        log.Append();
        return log;
    }

    private SignedNote Note()
    {
        Assert.True(SignedNote.TryParse(_log.Note(_log.Size), out SignedNote? note, out _));
        return note;
    }

    private Receipt With(byte[]? request = null, byte[]? metadata = null, byte[]? checkpoint = null)
    {
        Receipt r = _log.Receipt(3);
        return new Receipt(
            r.Record, request ?? r.Request, metadata ?? r.Metadata, r.Inclusion,
            checkpoint ?? r.Checkpoint, r.Epoch);
    }

    private void ExpectOnly(
        Receipt receipt, Rule rule, TrustPolicy? policy = null, Rule? alsoFailing = null)
    {
        Rule[] rules = alsoFailing is { } also ? [rule, also] : [rule];
        var found = Expect(receipt, policy ?? _log.Policy, rules);
        Assert.All(found, f => Assert.Contains(f.Rule, rules));
    }

    private static List<VerificationCheck.Failed> Expect(
        Receipt receipt, TrustPolicy policy, params Rule[] rules)
    {
        var verifier = new LogVerifier(policy);
        var report = verifier.VerifyReceipt(receipt.Encode());
        Assert.False(report.TryGet(out _));
        // By now its document may be known.
        Assert.Equal(report.Told(), verifier.VerifyReceipt(receipt.Encode()).Told());
        var faults = report.Faults.ToList();
        Assert.All(rules, rule => Assert.Contains(rule, faults.Select(f => f.Rule)));
        Assert.All(faults, f => Assert.StartsWith(
            f.Rule.Code() + ": ", f.Sentence, StringComparison.Ordinal));
        return faults;
    }
}
