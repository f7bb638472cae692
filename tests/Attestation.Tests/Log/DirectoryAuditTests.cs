using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Notes;
using Rule = Sequencer.Attestation.Verification.VerificationRule;

namespace Sequencer.Attestation.Tests.Log;

public sealed class DirectoryAuditTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(8);

    public DirectoryAuditTests()
    {
        _log.OpenEpoch();
        _log.Append("hello", "stream 0", "key");
    }

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(3)]
    public async Task A_right_directory_is_good(int framesPerSegment)
    {
        using var directory = new TestLogDirectory(_log, framesPerSegment);
        AuditReport report = await AuditAsync(directory);
        Assert.Empty(report.Faults);
        Assert.True(report.IsGood);
        Assert.Equal((11ul, 2u), (report.Records, report.Epochs));
    }

    [Fact]
    public async Task One_changed_byte_of_a_record_is_told_with_its_place()
    {
        for (int number = 1; number < 10; number++)
        {
            using var directory = new TestLogDirectory(_log);
            int frame = directory.FrameOffsets[number];
            // A byte of the payload commitment, or of a statement's nonce.
            int at = frame + CommitFrame.HeaderBytes + 2 + 170;
            TestLogDirectory.Flip(directory.FirstSegment, at);

            AuditReport report = await AuditAsync(directory);

            AuditFault fault = report.Faults.First(f => f.Rule == Rule.Frame);
            Assert.Equal((ulong)number, fault.Number);
            Assert.Contains($"at byte {frame}", fault.Place, StringComparison.Ordinal);
            AuditFault chain = Assert.Single(report.Faults, f => f.Rule == Rule.Chain);
            Assert.Contains($"of record {number},", chain.Sentence, StringComparison.Ordinal);
            Assert.Equal(11ul, report.Records);
        }
    }

    [Fact]
    public async Task No_changed_byte_of_the_log_goes_unseen()
    {
        using TestLog log = TestLog.WithEntries(2);
        using var directory = new TestLogDirectory(log);
        var source = () => new DirectoryAuditSource(directory.Folder);
        var auditor = new LogAuditor(log.Policy);
        long length = new FileInfo(directory.FirstSegment).Length;
        for (long at = 0; at < length; at += 5)
        {
            TestLogDirectory.Flip(directory.FirstSegment, at, 0x20);
            AuditReport report = await auditor.AuditAsync(source());
            // A last frame that says to be longer than the file is what a crash leaves behind.
            bool looksTorn = at >= directory.FrameOffsets[^1]
                && report.Notes.Any(n => n.StartsWith("log: ", StringComparison.Ordinal));
            Assert.True(!report.IsGood || looksTorn, $"byte {at}");
            TestLogDirectory.Flip(directory.FirstSegment, at, 0x20);
        }
        Assert.True((await auditor.AuditAsync(source())).IsGood);
    }

    [Fact]
    public async Task No_changed_byte_of_a_stored_payload_goes_unseen()
    {
        using var directory = new TestLogDirectory(_log);
        long length = new FileInfo(directory.Payloads).Length;
        for (long at = 0; at < length; at += 31)
        {
            TestLogDirectory.Flip(directory.Payloads, at);
            AuditReport report = await AuditAsync(directory);
            AuditFault fault = Assert.Single(report.Faults);
            Assert.Equal(Rule.Payload, fault.Rule);
            Assert.StartsWith("payload/", fault.Place, StringComparison.Ordinal);
            TestLogDirectory.Flip(directory.Payloads, at);
        }
    }

    [Fact]
    public async Task Payloads_that_are_elsewhere_are_noted()
    {
        using var directory = new TestLogDirectory(_log);
        File.Delete(directory.Payloads);
        AuditReport report = await AuditAsync(directory);
        Assert.True(report.IsGood);
        Assert.Contains(report.Notes, n => n.StartsWith("payloads: 9 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_write_that_never_ended_is_noted()
    {
        using var directory = new TestLogDirectory(_log);
        byte[] bytes = File.ReadAllBytes(directory.FirstSegment);
        byte[] torn = bytes[directory.FrameOffsets[3]..(directory.FrameOffsets[3] + 100)];
        File.WriteAllBytes(directory.FirstSegment, [.. bytes, .. torn]);
        AuditReport report = await AuditAsync(directory);
        Assert.True(report.IsGood);
        Assert.Contains(report.Notes, n => n.StartsWith("log: 100 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_write_that_ends_while_it_is_audited_is_not_taken_for_damage()
    {
        using var directory = new TestLogDirectory(_log);
        byte[] bytes = File.ReadAllBytes(directory.FirstSegment);
        File.WriteAllBytes(directory.FirstSegment, bytes[..(directory.FrameOffsets[3] + 100)]);
        var source = new DirectoryAuditSource(directory.Folder);
        File.WriteAllBytes(directory.FirstSegment, bytes);
        AuditReport report = await new LogAuditor(_log.Policy).AuditAsync(source);
        Assert.Empty(report.Faults);
        Assert.Equal(3ul, report.Records);
    }

    [Fact]
    public async Task A_frame_that_was_cut_out_is_told_and_what_follows_is_still_read()
    {
        using var directory = new TestLogDirectory(_log);
        byte[] bytes = File.ReadAllBytes(directory.FirstSegment);
        (int from, int to) = (directory.FrameOffsets[3], directory.FrameOffsets[5]);
        File.WriteAllBytes(directory.FirstSegment, [.. bytes[..from], .. bytes[to..]]);
        AuditReport report = await AuditAsync(directory);
        AuditFault fault = Assert.Single(report.Faults);
        Assert.Equal((Rule.Missing, 3ul), (fault.Rule, fault.Number));
        Assert.Equal(9ul, report.Records);
    }

    [Fact]
    public async Task A_missing_segment_is_told()
    {
        using var directory = new TestLogDirectory(_log, framesPerSegment: 3);
        File.Delete(Path.Combine(directory.Folder, "log", $"{directory.FrameOffsets[3]:d20}.seg"));
        AuditReport report = await AuditAsync(directory);
        Assert.Equal([Rule.Missing, Rule.Frame], report.Faults.Select(f => f.Rule).Order());
    }

    [Fact]
    public async Task A_missing_document_is_told()
    {
        using var directory = new TestLogDirectory(_log);
        File.Delete(Path.Combine(directory.Folder, "epochs", "0.document"));
        AuditReport report = await AuditAsync(directory);
        AuditFault fault = Assert.Single(report.Faults);
        Assert.Equal((Rule.Missing, 0u), (fault.Rule, fault.Epoch));
    }

    [Fact]
    public async Task Without_the_newest_document_the_head_is_not_verified_either()
    {
        using var directory = new TestLogDirectory(_log);
        uint newest = _log.Epochs[^1].Statement.Fields.Epoch;
        File.Delete(Path.Combine(directory.Folder, "epochs", $"{newest}.document"));
        AuditReport report = await AuditAsync(directory);
        Assert.Contains(report.Faults, f => f.Rule == Rule.Missing && f.Epoch == newest);
        Assert.Contains(report.Faults, f => f.Rule == Rule.Attestation);
    }

    [Fact]
    public async Task The_head_of_every_batch_is_compared_and_the_last_of_an_epoch_verified()
    {
        // Signed by nobody's epoch: seen at the end of its epoch only.
        using var stranger = new TestEpoch(9);
        _log.ReplaceNote(9, stranger.Sign(new Checkpoint(TestLog.Origin, 9, _log.RootAt(9))));
        _log.ReplaceNote(4, _log.Epochs[0].Sign(new Checkpoint(TestLog.Origin, 4, _log.RootAt(3))));
        _log.ReplaceNote(5, _log.Epochs[0].Sign(new Checkpoint(TestLog.Origin, 6, _log.RootAt(6))));
        using var directory = new TestLogDirectory(_log);
        AuditReport report = await AuditAsync(directory);
        Assert.Equal(
            [Rule.Root, Rule.Root, Rule.SignatureLines], report.Faults.Select(f => f.Rule));
        Assert.Equal([3ul, 4ul], report.Faults.Take(2).Select(f => f.Number!.Value));
        Assert.Equal(0u, report.Faults[2].Epoch);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_epoch_without_its_last_head_is_told(bool isHeadless)
    {
        ulong start = _log.Epochs[1].Statement.Fields.Number;
        // Frames are joined: what epoch 0 signed last, or at all, is not in the directory.
        _log.BatchEnds.RemoveAll(end => isHeadless ? end <= start : end == start);
        using var directory = new TestLogDirectory(_log);
        AuditFault fault = Assert.Single((await AuditAsync(directory)).Faults);
        Assert.Equal((Rule.Missing, start), (fault.Rule, fault.Number!.Value));
    }

    private Task<AuditReport> AuditAsync(TestLogDirectory directory) =>
        new LogAuditor(_log.Policy).AuditAsync(new DirectoryAuditSource(directory.Folder));
}
