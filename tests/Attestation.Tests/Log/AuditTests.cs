using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Attestation.Verification;
using Rule = Sequencer.Attestation.Verification.VerificationRule;

namespace Sequencer.Attestation.Tests.Log;

public class AuditTests
{
    [Fact]
    public async Task A_right_log_of_several_epochs_and_tiles_is_good()
    {
        using TestLog log = TestLog.WithEntries(300);
        log.AppendMember(0, 2, stream: "a");
        log.AppendMember(1, 2, stream: "a", key: "k");
        log.EndBatch();
        log.OpenEpoch();
        log.Append(stream: "a");
        var seen = new List<AuditProgress>();

        AuditReport report = await new LogAuditor(log.Policy)
            .AuditAsync(new TestAuditSource(log), seen.Add);

        Assert.Empty(report.Faults);
        Assert.True(report.IsGood);
        Assert.Equal((log.Size, 303ul, 2u, 4u),
            (report.Records, report.Entries, report.Epochs, report.Cells));
        Assert.Equal(new AuditProgress(log.Size, log.Size), seen[^1]);
        Assert.True(report.Head!.TryGet(out VerifiedHead? head));
        Assert.Equal(1u, head.Epoch);
        Assert.Empty(report.Notes);
    }

    [Fact]
    public async Task A_log_without_a_checkpoint_is_not_good()
    {
        using TestLog log = TestLog.WithEntries(1);
        using var empty = new TestLog();
        AuditReport report =
            await new LogAuditor(log.Policy).AuditAsync(new TestAuditSource(empty));
        Assert.False(report.IsGood);
        Assert.Equal(Rule.Missing, report.Faults.Single().Rule);
    }

    [Fact]
    public Task A_record_that_does_not_decode_is_named() =>
        ExpectAsync(log => log.Append(edit: r => Edited(r, 0)), Rule.RecordFormat, 3);

    [Fact]
    public Task A_number_that_is_not_its_place_is_named() =>
        ExpectAsync(log => log.Append(edit: r => Edited(r, 15)), Rule.Number, 3);

    [Fact]
    public Task A_broken_chain_is_named() =>
        ExpectAsync(log => log.Append(edit: r => Edited(r, 24)), Rule.Chain, 3);

    [Fact]
    public Task Time_running_backwards_is_named() =>
        ExpectAsync(
            log =>
            {
                log.TimeMs -= 1000;
                log.Append();
                log.TimeMs += 1000;
            },
            Rule.Time, 3);

    [Fact]
    public Task An_entry_of_another_epoch_is_named() =>
        ExpectAsync(log => log.Append(edit: r => Edited(r, 7)), Rule.Epoch, 3);

    [Fact]
    public Task A_group_that_is_not_whole_is_named() =>
        ExpectAsync(
            log =>
            {
                log.AppendMember(0, 3);
                log.AppendMember(1, 3);
                log.EndBatch();
            },
            Rule.Group, 5);

    [Fact]
    public Task A_group_out_of_order_is_named() =>
        ExpectAsync(
            log =>
            {
                log.AppendMember(0, 3);
                log.AppendMember(2, 3);
                log.EndBatch();
            },
            Rule.Group, 4);

    [Fact]
    public Task A_group_across_a_statement_is_named() =>
        ExpectAsync(
            log =>
            {
                log.AppendMember(0, 2);
                log.OpenEpoch();
            },
            Rule.Group, 4);

    [Fact]
    public Task A_cell_value_that_does_not_follow_is_named() =>
        ExpectAsync(
            log => log.Append(stream: "stream 0", edit: r => Edited(r, r.Length - 1, 0x10)),
            Rule.Cells, 3);

    [Fact]
    public Task A_cell_above_the_limit_is_named() =>
        ExpectAsync(log => log.Append(stream: "third"), Rule.CellsMax, 3, cellsMax: 2);

    [Fact]
    public async Task An_idempotency_digest_counts_as_far_as_the_window()
    {
        await ExpectAsync(
            log =>
            {
                log.Append(key: "k");
                for (int i = 0; i < 4; i++) log.Append();
                log.Append(key: "k");
            },
            Rule.Idempotency, 8, window: 5);

        using var log = new TestLog(window: 5);
        log.OpenEpoch();
        log.Append(key: "k");
        for (int i = 0; i < 5; i++) log.Append();
        log.Append(key: "k");
        Assert.True((await AuditAsync(log)).IsGood);
    }

    [Theory]
    [InlineData("epoch")]
    [InlineData("log id")]
    [InlineData("previous root")]
    [InlineData("previous statement")]
    [InlineData("how ended")]
    [InlineData("configuration")]
    public Task A_statement_that_does_not_follow_is_named(string what) =>
        ExpectAsync(
            log => log.OpenEpoch(f => what switch
            {
                "epoch" => f with { Epoch = 7 },
                "log id" => f with { LogId = Digest.Zero },
                "how ended" => f with { PreviousEnd = PreviousEpochEnd.Sealed },
                "previous root" => f with { PreviousRoot = Digest.Zero },
                "previous statement" => f with { PreviousStatement = Digest.Zero },
                _ => f with { Configuration = new TestLog(cellsMax: 9).Configuration },
            }),
            Rule.Statement, 3,
            also: [Rule.Epoch, Rule.LogId, Rule.Configuration]);

    [Fact]
    public Task A_genesis_in_the_middle_is_named() =>
        ExpectAsync(
            log => log.OpenEpoch(
                f => f with
                {
                    Epoch = 0,
                    Number = 0,
                    Previous = Digest.Zero,
                    PreviousEnd = PreviousEpochEnd.None,
                    LogId = Digest.Zero,
                    PreviousStatement = Digest.Zero,
                    PreviousRoot = TreeHash.EmptyRoot,
                }),
            Rule.Statement, 3,
            also: [Rule.Number, Rule.Chain, Rule.LogId, Rule.Epoch, Rule.StatementNumber]);

    [Fact]
    public async Task Documents_running_backwards_are_named()
    {
        using TestLog log = TestLog.WithEntries(2);
        log.OpenEpoch(document: d => d.Timestamp = TestNitroPki.Now.AddSeconds(-1));
        AuditReport report = await AuditAsync(log);
        AuditFault fault = Assert.Single(report.Faults);
        Assert.Equal((Rule.DocumentTime, 1u), (fault.Rule, fault.Epoch));
    }

    [Fact]
    public async Task The_document_of_an_old_epoch_is_verified_too()
    {
        using TestLog log = TestLog.WithEntries(2);
        log.OpenEpoch();
        log.Epochs[0].Document = TestEpoch.MakeDocument(
            log.Epochs[0].Statement, d => TestEpoch.SetPublicKey(d, new byte[91]));
        AuditFault fault = Assert.Single((await AuditAsync(log)).Faults);
        Assert.Equal((Rule.EpochPublicKey, 0u), (fault.Rule, fault.Epoch));

        log.Epochs[0].Document[^1] ^= 1;
        AuditReport report = await AuditAsync(log);
        Assert.Equal(
            AttestationRule.CoseSignature,
            report.Faults.Single(f => f.Rule == Rule.Attestation).Attestation!.Rule);
    }

    [Fact]
    public async Task An_image_that_went_on_after_its_retirement_is_named()
    {
        using TestLog log = TestLog.WithEntries(4);
        log.OpenEpoch(document: d => d.Pcrs[0] = (0, TestNitroDocument.Pcr(9)));
        var newer = new MeasurementSet(
            "newer", TestNitroDocument.Pcr(9), TestNitroDocument.Pcr(1), TestNitroDocument.Pcr(2));
        TrustPolicy Until(ulong size) => new(
            log.Policy.LogId, log.Configuration,
            [new(TestNitroDocument.Measurements(), size), new(newer)], [TestLog.Root]);

        Assert.True((await AuditAsync(log, policy: Until(5))).IsGood);
        AuditFault fault = Assert.Single((await AuditAsync(log, policy: Until(4))).Faults);
        Assert.Equal((Rule.MeasurementRetired, 0u), (fault.Rule, fault.Epoch));
    }

    [Fact]
    public async Task Listed_epochs_are_those_of_the_log()
    {
        using TestLog log = TestLog.WithEntries(2);
        log.OpenEpoch();
        var source = new TestAuditSource(log) { EditEpochs = e => [e[1]] };
        AuditReport report = await new LogAuditor(log.Policy).AuditAsync(source);
        Assert.Contains(report.Faults, f => f.Rule == Rule.Statement);
        Assert.Contains(report.Faults, f => f.Rule == Rule.Missing);
    }

    [Fact]
    public async Task Every_hash_of_every_tile_is_compared()
    {
        using TestLog log = TestLog.WithEntries(299);
        List<TilePath> tiles = [.. TileMath.NewTiles(0, log.Size)];
        Assert.Equal(3, tiles.Count);
        foreach (TilePath wrong in tiles)
        {
            var source = new TestAuditSource(log)
            {
                EditTile = (path, tile) => path == wrong ? Edited(tile, tile.Length - 1) : tile,
            };
            AuditFault fault =
                Assert.Single((await new LogAuditor(log.Policy).AuditAsync(source)).Faults);
            Assert.Equal((Rule.Tile, wrong.ToString()), (fault.Rule, fault.Place));
        }
        var without = new TestAuditSource(log) { EditTile = (_, _) => null };
        AuditReport report = await new LogAuditor(log.Policy).AuditAsync(without);
        Assert.Equal(3, report.FaultCounts[Rule.Missing]);
    }

    [Fact]
    public async Task A_signed_root_that_is_not_the_records_is_named()
    {
        using TestLog log = TestLog.WithEntries(3);
        log.ReplaceNote(log.Size, log.Epochs[0].Sign(new(TestLog.Origin, log.Size, Digest.Zero)));
        AuditReport report = await AuditAsync(log);
        Assert.Equal(
            [Rule.Root, Rule.StatementInclusion], report.Faults.Select(f => f.Rule));
        Assert.False(report.Head!.IsGood);
    }

    [Fact]
    public async Task A_missing_bundle_is_named_and_what_follows_is_still_read()
    {
        using TestLog log = TestLog.WithEntries(600);
        log.Append(edit: r => Edited(r, 7));
        var source = new TestAuditSource(log) { HasTiles = false };
        source.MissingBundles.Add(1);
        AuditReport report = await new LogAuditor(log.Policy).AuditAsync(source);
        Assert.Equal([Rule.Missing, Rule.Epoch], report.Faults.Select(f => f.Rule));
        Assert.Equal([256ul, 601ul], report.Faults.Select(f => f.Number!.Value));
        Assert.False(report.IsGood);
    }

    [Fact]
    public async Task A_statement_that_is_missing_is_not_told_as_another_fault()
    {
        using TestLog log = TestLog.WithEntries(299);
        log.OpenEpoch();
        for (int i = 0; i < 300; i++) log.Append();
        log.OpenEpoch();
        var source = new TestAuditSource(log) { HasTiles = false };
        source.MissingBundles.Add(1);
        AuditReport report = await new LogAuditor(log.Policy).AuditAsync(source);
        Assert.Equal([Rule.Missing], report.Faults.Select(f => f.Rule));
        Assert.False(report.IsGood);
    }

    [Fact]
    public async Task A_wholly_wrong_log_keeps_few_faults_and_counts_all()
    {
        using var log = new TestLog();
        log.OpenEpoch();
        for (int i = 0; i < 100; i++) log.Append(edit: r => Edited(r, 7));
        AuditReport report = await AuditAsync(log);
        Assert.Equal(AuditReport.FaultsPerRuleMax, report.Faults.Length);
        Assert.Equal(100, report.FaultCounts[Rule.Epoch]);
    }

    internal static byte[] Edited(byte[] bytes, int at, byte mask = 1)
    {
        bytes[at] ^= mask;
        return bytes;
    }

    private static Task<AuditReport> AuditAsync(TestLog log, TrustPolicy? policy = null) =>
        new LogAuditor(policy ?? log.Policy).AuditAsync(new TestAuditSource(log));

    /// <summary>A log of statement and two entries, then the wrong thing, then one right entry.
    /// </summary>
    private static async Task ExpectAsync(
        Action<TestLog> makeWrong,
        Rule rule,
        ulong number,
        uint cellsMax = 1000,
        uint window = 1000,
        Rule[]? also = null)
    {
        using var log = new TestLog(cellsMax, window);
        log.OpenEpoch();
        log.Append(stream: "stream 0");
        log.Append(stream: "stream 1");
        makeWrong(log);
        log.Append();

        AuditReport report = await AuditAsync(log);

        Assert.False(report.IsGood);
        Assert.All(report.Faults, f => Assert.Contains(f.Rule, (Rule[])[rule, .. also ?? []]));
        Assert.Contains(report.Faults, f => f.Rule == rule && f.Number == number);
    }
}
