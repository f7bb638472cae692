using System.Text;
using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests.Notes;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>Proof of two histories of one log.</summary>
public sealed class EvidenceTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(5);

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Every_fork_gives_evidence_that_anybody_can_check()
    {
        for (ulong cut = 1; cut < 9; cut++)
        {
            using TestLog log = TestLog.WithEntries(8);
            AttestedHead held = Hold(log, log.Size);
            log.CutTo(cut);
            for (ulong end = cut; end < 9 + cut; end++) log.Append("another");
            ForkEvidence evidence = Assert.Single((await AuditAsync(log, held)).Evidence);
            Assert.True(ForkEvidence.TryDecode(evidence.Encode(), out var read, out _));
            Assert.Equal(evidence.Encode(), read.Encode());
            EvidenceReport report = new LogVerifier(log.Policy).VerifyEvidence(read);
            Assert.Equal(EvidenceVerdict.Fork, report.Verdict);
            Assert.Equal(ForkKind.OneEpoch, report.Kind);
        }
    }

    [Fact]
    public async Task Two_epochs_from_one_state_are_told_apart_from_one_that_lied()
    {
        _log.OpenEpoch();
        _log.Append("one");
        AttestedHead held = Hold(_log, _log.Size);
        _log.CutTo(6);
        _log.Epochs.RemoveAt(1);
        _log.OpenEpoch();
        for (int i = 0; i < 300; i++) _log.Append("other");

        ForkEvidence evidence = Assert.Single((await AuditAsync(_log, held)).Evidence);

        EvidenceReport report = new LogVerifier(_log.Policy).VerifyEvidence(evidence);
        Assert.Equal(EvidenceVerdict.Fork, report.Verdict);
        Assert.Equal(ForkKind.TwoEpochs, report.Kind);
    }

    [Fact]
    public async Task A_log_that_grew_or_was_only_cut_back_gives_none()
    {
        AttestedHead held = Hold(_log, 6);
        _log.Append();
        Assert.Empty((await AuditAsync(_log, held)).Evidence);
        _log.CutTo(4);
        AuditReport report = await AuditAsync(_log, held);
        Assert.False(report.IsGood);
        Assert.Empty(report.Evidence);
    }

    [Fact]
    public async Task A_head_that_nobody_attested_gives_none_and_odd_lines_hinder_none()
    {
        AttestedHead held = Hold(_log, 6);
        _log.CutTo(4);
        for (int i = 0; i < 4; i++) _log.Append("another");
        byte[] note = _log.Note(_log.Size);
        NoteSignature odd = new("\"\\odd", 7, new byte[] { 1 });
        _log.ReplaceNote(_log.Size, TestWitness.With(note, odd));
        Assert.Single((await AuditAsync(_log, held)).Evidence);

        SignedNote signed = TestWitness.Parse(note);
        byte[] swapped = SignedNote.Create(
            signed.Text.Span, [signed.Signatures[1], signed.Signatures[0]]).ToBytes();
        _log.ReplaceNote(_log.Size, swapped);
        Assert.Empty((await AuditAsync(_log, held)).Evidence);
    }

    [Fact]
    public void What_does_not_hold_is_named()
    {
        SignedHead before = Head(_log, 4);
        SignedHead held = Head(_log, 6);
        Digest prefix = _log.RootAt(4);
        Digest[] path = ConsistencyProof.Create(4, 6, _log);
        var verifier = new LogVerifier(_log.Policy);
        EvidenceVerdict Judge(ForkEvidence evidence) => verifier.VerifyEvidence(evidence).Verdict;
        var good = new ForkEvidence(before, held, prefix, path);

        Assert.Equal(EvidenceVerdict.Consistent, Judge(good));
        Assert.Equal(
            EvidenceVerdict.PrefixNotProven, Judge(good with { PrefixRoot = _log.RootAt(3) }));
        Assert.Equal(
            EvidenceVerdict.PrefixNotProven, Judge(good with { Consistency = path.AsMemory(1) }));
        Assert.Equal(
            EvidenceVerdict.Order, Judge(good with { Smaller = held, Larger = before }));
        Assert.Equal(
            EvidenceVerdict.Consistent,
            Judge(new ForkEvidence(held, held, _log.RootAt(6), default)));

        using TestLog stranger = TestLog.WithEntries(5);
        Assert.Equal(
            EvidenceVerdict.HeadNotAttested, Judge(good with { Larger = Head(stranger, 6) }));
    }

    [Fact]
    public void Evidence_of_equal_sizes_needs_no_path()
    {
        SignedHead one = Head(_log, 6);
        _log.CutTo(5);
        _log.Append("another");
        var evidence = new ForkEvidence(one, Head(_log, 6), _log.RootAt(6), default);
        Assert.Equal(
            EvidenceVerdict.Fork, new LogVerifier(_log.Policy).VerifyEvidence(evidence).Verdict);
    }

    [Fact]
    public void Only_the_one_form_is_read_and_no_flipped_bit_proves_a_fork_of_a_right_log()
    {
        var evidence = new ForkEvidence(
            Head(_log, 4), Head(_log, 6), _log.RootAt(4), ConsistencyProof.Create(4, 6, _log));
        byte[] bytes = evidence.Encode();
        Assert.True(ForkEvidence.IsLikely(bytes));
        Assert.False(ForkEvidence.TryDecode(bytes.AsSpan()[..^1], out _, out _));
        Assert.False(ForkEvidence.TryDecode([.. bytes, (byte)'\n'], out _, out _));
        byte[] spaced = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace(
            ",\"prefix", ", \"prefix", StringComparison.Ordinal));
        Assert.False(ForkEvidence.TryDecode(spaced, out _, out _));

        Random random = Seeded.Random(out int seed);
        var verifier = new LogVerifier(_log.Policy);
        for (int i = 0; i < 300; i++)
        {
            byte[] flipped = (byte[])bytes.Clone();
            flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
            if (!ForkEvidence.TryDecode(flipped, out ForkEvidence? read, out _)) continue;
            Assert.Equal(flipped, read.Encode());
            Assert.True(
                verifier.VerifyEvidence(read).Verdict != EvidenceVerdict.Fork, $"seed {seed}");
        }
    }

    [Fact]
    public void A_head_alone_has_one_form()
    {
        byte[] bytes = Head(_log, 6).Encode();
        Assert.True(SignedHead.TryDecode(bytes, out SignedHead? head, out _));
        Assert.Equal(bytes, head.Encode());
        Assert.False(SignedHead.TryDecode(bytes.AsSpan()[..^1], out _, out _));
        Assert.False(SignedHead.TryDecode("{}\n"u8, out _, out _));
        Assert.False(SignedHead.TryDecode(new byte[SignedHead.MaxBytes + 1], out _, out _));
        Assert.True(new LogVerifier(_log.Policy).VerifyAttestedHead(head).IsGood);
    }

    private static SignedHead Head(TestLog log, ulong size) =>
        new(log.Note(size), log.Bundle(size));

    private static AttestedHead Hold(TestLog log, ulong size)
    {
        var report = new LogVerifier(log.Policy).VerifyAttestedHead(Head(log, size));
        Assert.True(report.TryGet(out AttestedHead? head));
        return head;
    }

    private static Task<AuditReport> AuditAsync(TestLog log, params AttestedHead[] held) =>
        new LogAuditor(log.Policy, held).AuditAsync(new TestAuditSource(log));
}
