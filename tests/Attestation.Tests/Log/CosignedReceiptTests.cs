using Sequencer.Attestation.Notes;
using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests.Notes;
using Sequencer.Attestation.Verification;
using Rule = Sequencer.Attestation.Verification.VerificationRule;

namespace Sequencer.Attestation.Tests.Log;

public sealed class CosignedReceiptTests : IDisposable
{
    private static readonly TestWitness[] Witnesses = TestWitness.Make(5);

    private readonly TestLog _log = TestLog.WithEntries(4);

    private byte[] Note => _log.Note(_log.Size);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Three_of_four_are_enough_and_two_are_not()
    {
        TrustPolicy policy = Policy(3);
        for (int set = 0; set < 16; set++)
        {
            TestWitness[] cosigning = [.. Witnesses.Take(4).Where((_, i) => (set >> i & 1) == 1)];
            var report = Verify(policy, TestWitness.Cosign(Note, cosigning));
            Assert.Equal(cosigning.Length >= 3, report.IsGood);
            if (!report.TryGet(out VerifiedEntry? entry))
            {
                var fault = Assert.Single(report.Faults);
                Assert.Equal(Rule.WitnessQuorum, fault.Rule);
                Assert.Equal("cosignatures by 3 of (w0, w1, w2, w3)", fault.Expected);
                continue;
            }
            Assert.Equal(HeadLevel.Witnessed, entry.Head.Level);
            Assert.Equal(
                cosigning.Select(w => w.Name), entry.Head.Cosignatures.Select(c => c.Witness));
        }
    }

    [Fact]
    public void Who_cosigned_and_who_is_missing_is_told()
    {
        var report = Verify(Policy(3), TestWitness.Cosign(Note, Witnesses[2], Witnesses[0]));
        Assert.Equal("by w0, w2; missing w1, w3", Assert.Single(report.Faults).Actual);
    }

    [Fact]
    public void A_witness_that_stands_twice_counts_once()
    {
        var text = TestWitness.Parse(Note).Text;
        byte[] note = TestWitness.With(
            Note,
            Witnesses[0].Cosign(text.Span, 5), Witnesses[1].Cosign(text.Span),
            Witnesses[0].Cosign(text.Span, 6), Witnesses[1].Cosign(text.Span));
        Assert.Equal(
            Rule.WitnessQuorum, Assert.Single(Verify(Policy(3), note).Faults).Rule);
        var report = Verify(Policy(3), TestWitness.Cosign(note, Witnesses[3]));
        Assert.True(report.TryGet(out VerifiedEntry? entry));
        Assert.Equal(
            DateTimeOffset.FromUnixTimeSeconds(5), entry.Head.Cosignatures[0].Time);
    }

    [Fact]
    public void A_line_of_a_known_witness_that_fails_refuses_whatever_else_is_there()
    {
        NoteSignature good = Witnesses[0].Cosign(TestWitness.Parse(Note).Text.Span);
        byte[] flipped = good.Signature.ToArray();
        flipped[^1] ^= 1;
        byte[] later = good.Signature.ToArray();
        later[7] ^= 1;
        byte[] other = TestWitness.Parse(_log.Note(_log.Size - 1)).Text.ToArray();
        NoteSignature[] broken =
        [
            good with { Signature = flipped },
            good with { Signature = later },
            good with { Signature = good.Signature[..71] },
            good with { Signature = (byte[])[.. good.Signature.Span, 0] },
            // The form of a plain signature line.
            good with { Signature = good.Signature[8..] },
            Witnesses[0].Cosign(TestWitness.Parse(Note).Text.Span, 0),
            Witnesses[0].Cosign(TestWitness.Parse(Note).Text.Span, 1UL << 63),
            Witnesses[0].Cosign(other),
        ];
        byte[] enough = TestWitness.Cosign(Note, Witnesses[1], Witnesses[2], Witnesses[3]);
        foreach (NoteSignature line in broken)
        {
            var report = Verify(Policy(3), TestWitness.With(enough, line));
            Assert.Equal(Rule.Cosignature, Assert.Single(report.Faults).Rule);
        }
        // A time that no calendar has is not more than a signature that fails, and no exception.
        ulong beyond = (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds() + 1;
        NoteSignature far = Witnesses[0].Cosign(TestWitness.Parse(Note).Text.Span, beyond);
        Assert.False(Verify(Policy(3), TestWitness.With(enough, far)).IsGood);
    }

    [Fact]
    public void Lines_of_unknown_keys_are_ignored_and_count_for_nothing()
    {
        NoteSignature stranger = Witnesses[4].Cosign(TestWitness.Parse(Note).Text.Span);
        NoteSignature identity = new(TestLog.Origin, 7, new byte[64]);
        byte[] note = TestWitness.With(Note, identity, stranger);
        Assert.True(Verify(_log.Policy, note).TryGet(out VerifiedEntry? entry));
        Assert.Equal(HeadLevel.Durable, entry.Head.Level);
        Assert.Empty(entry.Head.Cosignatures);
        Assert.False(Verify(Policy(3), note).IsGood);
    }

    [Fact]
    public void No_line_replaces_the_epochs_own()
    {
        SignedNote signed = TestWitness.Parse(Note);
        NoteSignature identity = new(TestLog.Origin, 7, new byte[64]);
        NoteSignature cosignature = Witnesses[0].Cosign(signed.Text.Span);
        NoteSignature[][] cases =
        [
            [identity, cosignature],
            [cosignature, signed.Signatures[0], signed.Signatures[1]],
            [signed.Signatures[0], cosignature, signed.Signatures[1]],
            [.. signed.Signatures, cosignature, signed.Signatures[0]],
            [.. signed.Signatures, cosignature, signed.Signatures[1]],
        ];
        foreach (NoteSignature[] lines in cases)
        {
            byte[] note = SignedNote.Create(signed.Text.Span, lines).ToBytes();
            Assert.Contains(
                Verify(_log.Policy, note).Faults, f => f.Rule == Rule.SignatureLines);
        }
    }

    [Fact]
    public void Without_ed25519_a_quorum_is_never_proven()
    {
        byte[] note = TestWitness.Cosign(Note, Witnesses[..4]);
        var report = new LogVerifier(Policy(3), isEd25519AtHand: false)
            .VerifyReceipt(Receipt(note));
        Assert.False(report.IsGood);
        Assert.Empty(report.Faults);
    }

    [Fact]
    public void A_policy_that_asks_for_none_gives_durable_and_names_who_cosigned()
    {
        string text = Witnesses[0].Line + "quorum none\n";
        Assert.True(WitnessPolicy.TryParse(text, out WitnessPolicy? witnesses, out _));
        TrustPolicy policy = With(witnesses);
        Assert.True(Verify(policy, Note).IsGood);
        Assert.True(
            Verify(policy, TestWitness.Cosign(Note, Witnesses[0])).TryGet(out var entry));
        Assert.Equal(HeadLevel.Durable, entry.Head.Level);
        Assert.Equal("w0", Assert.Single(entry.Head.Cosignatures).Witness);
    }

    [Fact]
    public void A_policy_with_witnesses_is_written_and_read_back()
    {
        TrustPolicy policy = Policy(3);
        Assert.True(TrustPolicy.TryParse(policy.ToJson(), out TrustPolicy? read, out _));
        Assert.Equal(policy.ToJson(), read.ToJson());
        Assert.Equal(2, read.Witnesses!.SharedMin);
        string json = System.Text.Encoding.UTF8.GetString(policy.ToJson())
            .Replace("group g 3", "group g 2", StringComparison.Ordinal);
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(json);
        Assert.False(TrustPolicy.TryParse(bytes, out _, out string? fault));
        Assert.Equal("witnesses: QuorumsDoNotIntersect", fault);
    }

    [Fact]
    public void A_verified_head_without_its_quorum_helps_no_receipt()
    {
        byte[] note = TestWitness.Cosign(Note, Witnesses[..2]);
        var verifier = new LogVerifier(Policy(3));
        ReceiptEpoch bundle = _log.Bundle(_log.Size);
        Assert.False(verifier.VerifyHead(note, bundle).IsGood);
        Assert.True(verifier.VerifyAttestedHead(new SignedHead(note, bundle)).IsGood);
    }

    private TrustPolicy Policy(int threshold) =>
        With(TestWitness.Policy(threshold, Witnesses[..4]));

    private TrustPolicy With(WitnessPolicy witnesses)
    {
        TrustPolicy plain = _log.Policy;
        return new TrustPolicy(
            plain.LogId, plain.Configuration, plain.Measurements, plain.Roots, witnesses);
    }

    private VerificationReport<VerifiedEntry> Verify(TrustPolicy policy, byte[] note) =>
        new LogVerifier(policy).VerifyReceipt(Receipt(note).Encode());

    private Receipt Receipt(byte[] note)
    {
        Receipt plain = _log.Receipt(2);
        return new Receipt(
            plain.Record, plain.Request, plain.Metadata, plain.Inclusion, note, plain.Epoch);
    }
}
