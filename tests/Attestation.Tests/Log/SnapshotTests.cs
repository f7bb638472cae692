using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Cryptography;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Verification;
using Rule = Sequencer.Attestation.Verification.VerificationRule;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>Snapshots: the record, its content, audits of both, receipts of the record.</summary>
public class SnapshotTests
{
    [Fact]
    public void A_snapshot_is_read_as_it_was_written_at_every_small_size()
    {
        using var log = new TestLog();
        log.OpenEpoch();
        for (int i = 0; i < 64; i++)
        {
            byte[] bytes = log.Records[(int)log.Snapshot()];
            Assert.True(SnapshotRecord.TryParse(bytes, out SnapshotRecord snapshot));
            TreeFrontier frontier = snapshot.Frontier();
            Assert.Equal(log.RootAt(log.Size - 1), frontier.Root());
            var again = new byte[SnapshotRecord.Length(snapshot.Header.Number)];
            SnapshotRecord.Write(
                again, frontier, snapshot.Header.Epoch, snapshot.Header.TimeMs,
                snapshot.Header.Previous, snapshot.Fields);
            Assert.Equal(bytes, again);
        }
    }

    [Fact]
    public void What_no_encoder_writes_is_no_snapshot()
    {
        byte[] good = GoldenExample.Snapshot().Record;
        byte[] first = [.. good];
        first.AsSpan(8, 8).Clear();
        byte[] huge = [.. good];
        huge.AsSpan(8, 8).Fill(0x80);
        byte[][] others =
        [
            [], good[..^1], good[..^32], [.. good, 0], first, huge,
            Edited(good, 0), Edited(good, 1), Edited(good, 2), Edited(good, 3), Edited(good, 15),
        ];
        Assert.All(others, bytes => Assert.False(SnapshotRecord.TryParse(bytes, out _)));
        Assert.True(SnapshotRecord.TryParse(good, out _));
        Assert.False(EntryRecord.TryParse(good, out _));
        Assert.False(SealRecord.TryParse(good, out _));
        Assert.False(EpochStatement.TryParse(good, out _));
    }

    [Fact]
    public void The_golden_content_has_the_digests_of_the_golden_snapshot()
    {
        (byte[] record, byte[] cells, byte[] uses) = GoldenExample.Snapshot();
        Assert.True(SnapshotRecord.TryParse(record, out SnapshotRecord snapshot));
        var list = new CellList();
        Assert.True(list.TryRead(cells));
        Assert.False(list.TryRead(cells));
        Assert.Equal(snapshot.Fields.Cells, SnapshotDigest.OfCells(list));
        KeyUse use = KeyUse.Read(uses);
        Assert.Equal((2ul, 0, 1), (use.Number, use.GroupIndex, use.GroupCount));
        Assert.Equal(snapshot.Fields.Window, SnapshotDigest.OfWindow([use]));
        var again = new byte[KeyUse.Bytes];
        use.Write(again);
        Assert.Equal(uses, again);
        var cell = new byte[CellList.CellBytes];
        Assert.Equal(1, list.Write(0, cell));
        Assert.Equal(cells, cell);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(2500)]
    public void Digests_are_over_the_items_end_to_end(int count)
    {
        var cells = new CellList();
        var uses = new List<KeyUse>();
        for (int i = 0; i < count; i++)
        {
            Digest key = Sha256.Hash(BitConverter.GetBytes(i));
            cells.Add(key, new Cell(i + 1, (ulong)i * 3));
            uses.Add(new KeyUse(key, (ulong)i, key, (ushort)i, (ushort)(i + 1)));
        }
        var content = new byte[count * CellList.CellBytes];
        Assert.Equal(count, cells.Write(0, content));
        Assert.Equal(Sha256.Hash("seq-cells/v1\0"u8, content), SnapshotDigest.OfCells(cells));
        content = new byte[count * KeyUse.Bytes];
        for (int i = 0; i < count; i++) uses[i].Write(content.AsSpan(i * KeyUse.Bytes));
        Assert.Equal(Sha256.Hash("seq-window/v1\0"u8, content), SnapshotDigest.OfWindow(uses));
    }

    [Fact]
    public void Cells_keep_their_order_however_often_the_newest_are_taken_back()
    {
        Random random = Seeded.Random(out _);
        foreach (int capacity in new[] { 0, 5, 3000 })
        {
            var cells = new CellList(capacity);
            var expected = new List<(Digest Key, Cell Cell)>();
            for (int round = 0; round < 20_000; round++)
            {
                Digest key = Sha256.Hash(BitConverter.GetBytes(random.Next(2000)));
                int at = expected.FindIndex(e => e.Key == key);
                Assert.Equal(at, cells.IndexOf(key));
                var cell = new Cell(round, (ulong)round);
                if (at >= 0) (expected[at], cells[at]) = ((key, cell), cell);
                else if (random.Next(2) == 0)
                {
                    Assert.Equal(expected.Count, cells.Add(key, cell));
                    expected.Add((key, cell));
                }
                else if (expected.Count > 0)
                {
                    cells.RemoveNewest();
                    expected.RemoveAt(expected.Count - 1);
                }
                Assert.Equal(expected.Count, cells.Count);
            }
            for (int i = 0; i < expected.Count; i++) Assert.Equal(expected[i].Cell, cells[i]);
        }
        Assert.Throws<InvalidOperationException>(() => new CellList().RemoveNewest());
        Assert.Throws<ArgumentOutOfRangeException>(() => new CellList(9)[0]);
    }

    [Fact]
    public async Task A_log_with_snapshots_in_every_place_is_good()
    {
        using TestLog log = Grown();
        log.Snapshot();
        log.Snapshot();
        log.Seal();
        log.OpenEpoch();
        log.Snapshot();
        log.Append(stream: "s", key: "k1");
        log.OpenEpoch();
        log.Append(stream: "u");
        log.Snapshot();
        AuditReport report = await AuditAsync(log);
        Assert.Empty(report.Faults);
        Assert.True(report.IsGood);
        Assert.Equal((log.Size, 7ul, 3u), (report.Records, report.Entries, report.Epochs));
        using var directory = new TestLogDirectory(log);
        report = await new LogAuditor(log.Policy)
            .AuditAsync(new DirectoryAuditSource(directory.Folder));
        Assert.Empty(report.Faults);
    }

    /// <summary>What of a snapshot is wrong, and what the auditor says that it expected.</summary>
    public static TheoryData<int, string> Lies => new()
    {
        { 59, "cells 2" },
        { 63, "uses of keys 1" },
        { 71, "time of the statement before" },
        { 72, "statement" },
        { 104, "cells of digest" },
        { 136, "window of digest" },
        { 168, "frontier with root" },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_snapshot_that_lies_is_named_by_its_own_rule(int at, string expected)
    {
        using TestLog log = Grown();
        ulong number = log.Snapshot(r => Edited(r, at));
        log.Append();
        AuditFault fault = Assert.Single((await AuditAsync(log)).Faults);
        Assert.Equal((Rule.Snapshot, number), (fault.Rule, fault.Number!.Value));
        Assert.StartsWith(expected, fault.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_of_another_epoch_in_a_group_or_after_a_seal_is_named()
    {
        using TestLog epoch = Grown();
        epoch.Snapshot(r => Edited(r, 7));
        Assert.Equal(Rule.Epoch, Assert.Single((await AuditAsync(epoch)).Faults).Rule);
        using TestLog cut = Grown();
        cut.AppendMember(0, 2);
        cut.Snapshot();
        Assert.Equal(Rule.Group, Assert.Single((await AuditAsync(cut)).Faults).Rule);
        using TestLog after = Grown();
        after.Seal();
        after.Snapshot();
        Assert.Equal(Rule.Seal, Assert.Single((await AuditAsync(after)).Faults).Rule);
    }

    [Fact]
    public async Task Behind_records_that_are_missing_or_unreadable_nothing_is_said_of_a_content()
    {
        using TestLog log = TestLog.WithEntries(254);
        log.Snapshot();
        log.Append();
        var source = new TestAuditSource(log) { HasTiles = false };
        source.MissingBundles.Add(0);
        AuditReport report = await new LogAuditor(log.Policy).AuditAsync(source);
        Assert.Equal([Rule.Missing], report.Faults.Select(f => f.Rule));

        using TestLog unreadable = Grown();
        unreadable.Append(stream: "s", edit: r => Edited(r, 0));
        unreadable.Snapshot();
        Assert.Equal(
            Rule.RecordFormat, Assert.Single((await AuditAsync(unreadable)).Faults).Rule);
    }

    [Fact]
    public void A_snapshot_has_a_receipt_and_no_bit_of_it_can_be_changed()
    {
        using TestLog log = Grown();
        ulong number = log.Snapshot();
        log.OpenEpoch();
        var verifier = new LogVerifier(log.Policy);
        foreach (ulong size in new[] { number + 1, log.Size })
        {
            Assert.Empty(verifier.VerifyReceipt(log.Receipt(number, size).Encode()).Faults);
        }
        Receipt r = log.Receipt(number);
        Assert.True(verifier.VerifyReceipt(r).TryGet(out VerifiedEntry? entry));
        Assert.Equal((RecordType.Snapshot, 0u), (entry.Type, entry.Epoch));
        Assert.Equal(
            [Rule.Payload],
            verifier.VerifyReceipt(r, PayloadClaim.Of("any"u8)).Faults.Select(f => f.Rule));
        foreach (byte[] flipped in Seeded.OneBitFlips(r.Record.ToArray()))
        {
            Assert.False(verifier.VerifyReceipt(new Receipt(
                flipped, r.Request, r.Metadata, r.Inclusion, r.Checkpoint, r.Epoch)).IsGood);
        }
    }

    // Statement, five entries: two streams, a key within the window of three and one before it.
    private static TestLog Grown()
    {
        var log = new TestLog(window: 3);
        log.OpenEpoch();
        log.Append(stream: "s", key: "k0");
        log.Append(stream: "t");
        log.Append(stream: "s", key: "k1");
        log.Append();
        log.Append();
        return log;
    }

    private static byte[] Edited(byte[] bytes, int at)
    {
        byte[] edited = [.. bytes];
        edited[at] ^= 1;
        return edited;
    }

    private static Task<AuditReport> AuditAsync(TestLog log) =>
        new LogAuditor(log.Policy).AuditAsync(new TestAuditSource(log));
}
