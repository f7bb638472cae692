using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;
using Rule = Sequencer.Attestation.Verification.VerificationRule;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>Epochs that end with a seal: the record, audits of them, receipts under them.</summary>
public class SealTests
{
    private const int StatementAt = RecordHeader.Bytes;

    [Fact]
    public void A_seal_is_read_as_it_was_written()
    {
        using TestLog log = TestLog.WithEntries(2);
        byte[] bytes = log.Records[(int)log.Seal()];

        Assert.True(SealRecord.TryParse(bytes, out SealRecord seal));
        Assert.Equal((0u, 3ul, log.TimeMs),
            (seal.Header.Epoch, seal.Header.Number, seal.Header.TimeMs));
        Assert.Equal(RecordType.Seal, seal.Header.Type);
        Assert.Equal(TreeHash.Leaf(log.Records[2]), seal.Header.Previous);
        Assert.Equal(log.Epochs[0].Statement.Hash, seal.Statement);
        var again = new byte[SealRecord.Bytes];
        SealRecord.Write(
            again, log.Epochs[0].Statement, 3, seal.Header.TimeMs, seal.Header.Previous);
        Assert.Equal(bytes, again);
    }

    [Fact]
    public void What_no_encoder_writes_is_no_seal()
    {
        byte[] good = GoldenExample.Seal();
        byte[] first = [.. good];
        first.AsSpan(8, 8).Clear();
        byte[][] others =
        [
            [], good[..^1], [.. good, 0], first,
            Edited(good, 0), Edited(good, 1), Edited(good, 2), Edited(good, 3),
        ];
        Assert.All(others, bytes => Assert.False(SealRecord.TryParse(bytes, out _)));
        Assert.True(SealRecord.TryParse(good, out _));
        Assert.False(EntryRecord.TryParse(good, out _));
        Assert.False(EpochStatement.TryParse(good, out _));
    }

    [Fact]
    public async Task A_log_with_sealed_and_unsealed_epochs_is_good()
    {
        using TestLog log = Sealed();
        log.OpenEpoch();
        log.Append();
        log.OpenEpoch();
        log.Seal();

        AuditReport report = await AuditAsync(log);

        Assert.Empty(report.Faults);
        Assert.True(report.IsGood);
        Assert.Equal((log.Size, 3ul, 3u), (report.Records, report.Entries, report.Epochs));
        Assert.Equal(
            [PreviousEpochEnd.None, PreviousEpochEnd.Sealed, PreviousEpochEnd.Unplanned],
            log.Epochs.Select(e => e.Statement.Fields.PreviousEnd));
    }

    [Fact]
    public async Task A_directory_with_a_sealed_epoch_is_good()
    {
        using TestLog log = Sealed();
        log.OpenEpoch();
        using var directory = new TestLogDirectory(log);
        AuditReport report = await new LogAuditor(log.Policy)
            .AuditAsync(new DirectoryAuditSource(directory.Folder));
        Assert.Empty(report.Faults);
    }

    [Fact]
    public async Task An_entry_after_a_seal_is_named_by_its_own_rule()
    {
        using TestLog log = Sealed();
        log.Append();
        log.Append();
        AuditFault fault = Assert.Single((await AuditAsync(log)).Faults);
        Assert.Equal((Rule.Seal, 4ul), (fault.Rule, fault.Number!.Value));
    }

    [Fact]
    public async Task A_second_seal_is_named()
    {
        using TestLog log = Sealed();
        log.Seal();
        AuditFault fault = Assert.Single((await AuditAsync(log)).Faults);
        Assert.Equal((Rule.Seal, 4ul), (fault.Rule, fault.Number!.Value));
    }

    [Theory]
    [InlineData(0, Rule.Epoch)]
    [InlineData(1, Rule.Seal)]
    public async Task A_seal_is_of_no_other_epoch(byte epoch, Rule rule)
    {
        using TestLog log = Sealed();
        byte[] first = log.Records[3];
        log.OpenEpoch();
        log.Append();
        log.Seal(edit: record =>
        {
            // Epoch and statement of the first, at this place.
            byte[] again = [.. record.AsSpan(0, StatementAt), .. first.AsSpan(StatementAt)];
            again[7] = epoch;
            return again;
        });
        AuditFault fault = Assert.Single(
            (await AuditAsync(log)).Faults, fault => fault.Rule == rule);
        Assert.Equal(6ul, fault.Number!.Value);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_statement_that_lies_about_how_the_last_epoch_ended_is_named(bool isSealed)
    {
        using TestLog log = isSealed ? Sealed() : TestLog.WithEntries(3);
        log.OpenEpoch(f => f with
        {
            PreviousEnd = isSealed ? PreviousEpochEnd.Unplanned : PreviousEpochEnd.Sealed,
        });
        log.Append();
        AuditFault fault = Assert.Single((await AuditAsync(log)).Faults);
        Assert.Equal((Rule.Statement, 4ul), (fault.Rule, fault.Number!.Value));
        Assert.Contains("ended", fault.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_seal_of_another_statement_or_epoch_or_in_a_group_is_named()
    {
        foreach ((int at, Rule rule) in new[] { (StatementAt, Rule.Seal), (7, Rule.Epoch) })
        {
            using TestLog log = TestLog.WithEntries(2);
            log.Seal(edit: r => Edited(r, at));
            AuditFault fault = Assert.Single((await AuditAsync(log)).Faults);
            Assert.Equal((rule, 3ul), (fault.Rule, fault.Number!.Value));
        }
        using TestLog cut = TestLog.WithEntries(1);
        cut.AppendMember(0, 2);
        cut.Seal();
        Assert.Equal(Rule.Group, Assert.Single((await AuditAsync(cut)).Faults).Rule);
    }

    [Fact]
    public async Task What_is_missing_before_a_statement_is_no_lie_of_its()
    {
        using TestLog log = TestLog.WithEntries(254);
        Assert.Equal(255ul, log.Seal());
        log.OpenEpoch();
        log.Append();
        var source = new TestAuditSource(log) { HasTiles = false };
        source.MissingBundles.Add(0);
        AuditReport report = await new LogAuditor(log.Policy).AuditAsync(source);
        Assert.Equal([Rule.Missing], report.Faults.Select(f => f.Rule));
    }

    [Fact]
    public void Every_record_of_a_sealed_log_has_a_good_receipt_under_every_later_head()
    {
        using TestLog log = Sealed();
        log.OpenEpoch();
        log.Append();
        log.Seal();
        var verifier = new LogVerifier(log.Policy);
        for (ulong size = 1; size <= log.Size; size++)
        {
            for (ulong number = 0; number < size; number++)
            {
                var report = verifier.VerifyReceipt(log.Receipt(number, size).Encode());
                Assert.Empty(report.Faults);
            }
        }
        Assert.True(verifier.VerifyReceipt(log.Receipt(3)).TryGet(out VerifiedEntry? seal));
        Assert.Equal((RecordType.Seal, 0u), (seal.Type, seal.Epoch));
        Assert.Null(seal.PayloadCommitment);
        var withPayload = verifier.VerifyReceipt(log.Receipt(3), PayloadClaim.Of("any"u8));
        Assert.Equal([Rule.Payload], withPayload.Faults.Select(f => f.Rule));
    }

    [Fact]
    public void A_seal_must_fit_the_epoch_that_signs_above_it()
    {
        // Under its own epoch: not the head's last record, or of another statement.
        using TestLog wentOn = Sealed();
        wentOn.Append();
        Refuses(wentOn, 3);
        using TestLog another = TestLog.WithEntries(2);
        another.Seal(edit: r => Edited(r, StatementAt));
        Refuses(another, 3);
        // Under the next one: of another statement, not right before it, or denied by it.
        another.OpenEpoch();
        Refuses(another, 3);
        wentOn.OpenEpoch();
        Refuses(wentOn, 3);
        using TestLog denied = Sealed();
        denied.OpenEpoch(f => f with { PreviousEnd = PreviousEpochEnd.Unplanned });
        Refuses(denied, 3);
        using TestLog invented = TestLog.WithEntries(3);
        invented.OpenEpoch(f => f with { PreviousEnd = PreviousEpochEnd.Sealed });
        Refuses(invented, 3);
    }

    [Fact]
    public void A_seal_s_receipt_has_neither_request_nor_metadata()
    {
        using TestLog log = Sealed();
        Receipt r = log.Receipt(3);
        byte[] request = log.Entries[1]!.Request;
        var report = new LogVerifier(log.Policy).VerifyReceipt(
            new Receipt(r.Record, request, new byte[5], r.Inclusion, r.Checkpoint, r.Epoch));
        Assert.Equal(
            [Rule.RequestFormat, Rule.MetadataFormat], report.Faults.Select(f => f.Rule));
    }

    [Fact]
    public void No_bit_of_a_seal_s_receipt_can_be_changed()
    {
        using TestLog log = Sealed();
        log.OpenEpoch();
        Receipt r = log.Receipt(3);
        var verifier = new LogVerifier(log.Policy);
        for (int bit = 0; bit < 8 * SealRecord.Bytes; bit++)
        {
            byte[] record = Edited(r.Record.ToArray(), bit / 8, (byte)(1 << (bit % 8)));
            Assert.False(verifier.VerifyReceipt(new Receipt(
                record, r.Request, r.Metadata, r.Inclusion, r.Checkpoint, r.Epoch)).IsGood);
        }
    }

    /// <summary>Statement, two entries, seal.</summary>
    private static TestLog Sealed()
    {
        TestLog log = TestLog.WithEntries(2);
        log.Seal();
        return log;
    }

    private static void Refuses(TestLog log, ulong number)
    {
        var report = new LogVerifier(log.Policy).VerifyReceipt(log.Receipt(number));
        Assert.Equal([Rule.RecordEpoch], report.Faults.Select(f => f.Rule));
    }

    private static byte[] Edited(byte[] bytes, int at, byte mask = 1)
    {
        byte[] edited = [.. bytes];
        edited[at] ^= mask;
        return edited;
    }

    private static Task<AuditReport> AuditAsync(TestLog log) =>
        new LogAuditor(log.Policy).AuditAsync(new TestAuditSource(log));
}
