using System.Security.Cryptography;
using Sequencer.Attestation.Log;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Attestation.Verification;
using Rule = Sequencer.Attestation.Verification.VerificationRule;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>docs/PROTOCOL.md section 11, "Verifying a live document".</summary>
public sealed class VerifyLiveTests : IDisposable
{
    private static readonly byte[] Nonce = SHA256.HashData("nonce"u8);

    private readonly TestLog _log = TestLog.WithEntries(3);

    private TestEpoch Epoch => _log.Epochs[^1];

    private static DateTimeOffset Now => TestNitroPki.Now.AddSeconds(5);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void A_live_document_tells_the_head_of_its_enclave()
    {
        var report = Verify(_log.LiveDocument(Nonce));
        Assert.Empty(report.Faults);
        Assert.All(report.Checks, c => Assert.IsType<VerificationCheck.Passed>(c));
        Assert.True(report.TryGet(out VerifiedLiveHead? head));
        Assert.Equal((4UL, _log.RootAt(4)), (head.Size, head.Root));
        Assert.Equal((0u, "test"), (head.Epoch, head.MeasurementName));
        Assert.Equal(TestNitroPki.Now, head.Time);
        Assert.Equal(_log.Policy.LogId, head.LogId);
        Assert.Equal(Epoch.Statement.Hash, head.Statement.Hash);
        Assert.Equal(Nonce, head.Attestation.Nonce!.Value.ToArray());
        Assert.True(head.IsInsecureDevelopment);
    }

    [Fact]
    public void A_later_epoch_answers_for_itself_before_its_statement_is_durable()
    {
        _log.OpenEpoch();
        Assert.True(Verify(_log.LiveDocument(Nonce, size: 4)).TryGet(out VerifiedLiveHead? head));
        Assert.Equal((1u, 4UL), (head.Epoch, head.Size));
    }

    [Fact]
    public void Size_and_root_are_those_that_the_document_says()
    {
        byte[] data = Derivation.LiveUserData(
            Epoch.Statement.Bytes.Span, ulong.MaxValue, Digest.Zero);
        var report = Verify(_log.LiveDocument(Nonce, d => TestEpoch.SetUserData(d, data)));
        Assert.True(report.TryGet(out VerifiedLiveHead? head));
        Assert.Equal((ulong.MaxValue, Digest.Zero), (head.Size, head.Root));
    }

    [Fact]
    public void An_epoch_document_is_no_live_document_even_with_the_nonce()
    {
        Refuses(Epoch.Document, AttestationRule.NonceMissing, Rule.Attestation, Rule.LiveDomain);
        byte[] data = Derivation.EpochUserData(Epoch.Statement.Bytes.Span);
        Refuses(_log.LiveDocument(Nonce, d => TestEpoch.SetUserData(d, data)), Rule.LiveDomain);
        // Nor under a length that would fit.
        byte[] padded = [.. data, .. new byte[39]];
        Refuses(_log.LiveDocument(Nonce, d => TestEpoch.SetUserData(d, padded)), Rule.LiveDomain);
    }

    [Fact]
    public void A_live_document_is_no_epoch_document()
    {
        Epoch.Document = _log.LiveDocument(Nonce);
        var report = new LogVerifier(_log.Policy).VerifyReceipt(_log.Receipt(2));
        Assert.Equal([Rule.EpochDomain], report.Faults.Select(f => f.Rule));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(83)]
    [InlineData(85)]
    public void The_live_domain_has_one_length(int length)
    {
        byte[] right = Derivation.LiveUserData(
            Epoch.Statement.Bytes.Span, 4, _log.RootAt(4));
        byte[] data = [.. right.Append((byte)0).Take(length)];
        Refuses(_log.LiveDocument(Nonce, d => TestEpoch.SetUserData(d, data)), Rule.LiveDomain);
    }

    [Fact]
    public void Another_callers_nonce_is_refused()
    {
        byte[] other = SHA256.HashData("other"u8);
        Refuses(_log.LiveDocument(other), AttestationRule.NonceMismatch, Rule.Attestation);
    }

    [Fact]
    public void A_document_whose_certificate_has_ended_since_is_refused() =>
        Refuses(
            Verify(_log.LiveDocument(Nonce), now: TestNitroPki.Now.AddHours(4)),
            AttestationRule.CertificateExpired,
            Rule.Attestation);

    [Fact]
    public void A_document_from_the_future_is_refused() =>
        Refuses(
            Verify(
                _log.LiveDocument(Nonce, d => d.Timestamp = Now.AddMinutes(2)), now: Now),
            AttestationRule.FromTheFuture,
            Rule.Attestation);

    [Fact]
    public void Another_statement_than_the_documents_is_refused()
    {
        byte[] document = _log.LiveDocument(Nonce);
        TestEpoch later = _log.OpenEpoch();
        var report = Verify(document, later.Statement);
        // The keys are others too.
        Assert.Equal([Rule.EpochPublicKey, Rule.LiveStatement], report.Faults.Select(f => f.Rule));

        byte[] data = Derivation.LiveUserData("another"u8, 4, _log.RootAt(4));
        Refuses(_log.LiveDocument(Nonce, d => TestEpoch.SetUserData(d, data)), Rule.LiveStatement);
    }

    [Fact]
    public void Another_key_is_refused() =>
        Refuses(
            _log.LiveDocument(Nonce, d => TestEpoch.SetPublicKey(d, new byte[91])),
            Rule.EpochPublicKey);

    [Fact]
    public void Another_log_with_the_same_image_is_refused()
    {
        using TestLog other = TestLog.WithEntries(1);
        var report = new LogVerifier(_log.Policy).VerifyLive(
            other.LiveDocument(Nonce), other.Epochs[0].Statement.Bytes.Span, Fresh(Now));
        Refuses(report, null, Rule.LogId);
    }

    [Fact]
    public void Another_origin_or_configuration_is_refused()
    {
        using var other = new TestLog(cellsMax: 7, origin: "sequencer.example/log2");
        other.OpenEpoch();
        var policy = new TrustPolicy(
            other.Policy.LogId, _log.Configuration, _log.Policy.Measurements, _log.Policy.Roots);
        var report = new LogVerifier(policy).VerifyLive(
            other.LiveDocument(Nonce), other.Epochs[0].Statement.Bytes.Span, Fresh(Now));
        Refuses(report, null, Rule.Origin, Rule.Configuration);
    }

    [Fact]
    public void A_retired_image_is_refused_beyond_its_last_head()
    {
        Assert.True(VerifyRetired(4).IsGood);
        Refuses(VerifyRetired(3), null, Rule.MeasurementRetired);
    }

    [Fact]
    public void What_does_not_decode_leaves_out_what_hangs_on_it()
    {
        var verifier = new LogVerifier(_log.Policy);
        var noDocument = verifier.VerifyLive("{}"u8, Epoch.Statement.Bytes.Span, Fresh(Now));
        Refuses(noDocument, null, Rule.Attestation);
        Assert.Equal(
            [Rule.EpochPublicKey, Rule.MeasurementRetired, Rule.LiveDomain, Rule.LiveStatement],
            noDocument.Checks.OfType<VerificationCheck.NotChecked>().Select(c => c.Rule));
        var noStatement = verifier.VerifyLive(_log.LiveDocument(Nonce), default, Fresh(Now));
        Refuses(noStatement, null, Rule.StatementFormat);
        Assert.Equal(
            [Rule.EpochPublicKey, Rule.LogId, Rule.Origin, Rule.Configuration, Rule.LiveStatement],
            noStatement.Checks.OfType<VerificationCheck.NotChecked>().Select(c => c.Rule));
    }

    private static Freshness.LiveNonce Fresh(DateTimeOffset now) => new(Nonce, now);

    private VerificationReport<VerifiedLiveHead> Verify(
        byte[] document, EpochStatement? statement = null, DateTimeOffset? now = null) =>
        new LogVerifier(_log.Policy).VerifyLive(
            document, (statement ?? Epoch.Statement).Bytes.Span, Fresh(now ?? Now.AddMinutes(5)));

    private VerificationReport<VerifiedLiveHead> VerifyRetired(ulong notAfterSize)
    {
        var policy = new TrustPolicy(
            _log.Policy.LogId,
            _log.Configuration,
            [new AcceptedMeasurement(TestNitroDocument.Measurements(), notAfterSize)],
            _log.Policy.Roots);
        return new LogVerifier(policy).VerifyLive(
            _log.LiveDocument(Nonce), Epoch.Statement.Bytes.Span, Fresh(Now));
    }

    private void Refuses(byte[] document, params Rule[] rules) =>
        Refuses(Verify(document), null, rules);

    private void Refuses(byte[] document, AttestationRule attestation, params Rule[] rules) =>
        Refuses(Verify(document), attestation, rules);

    private static void Refuses(
        VerificationReport<VerifiedLiveHead> report,
        AttestationRule? attestation,
        params Rule[] rules)
    {
        Assert.False(report.TryGet(out _));
        Assert.Equal(rules, report.Faults.Select(f => f.Rule));
        if (attestation is { } rule)
        {
            Assert.Equal(rule, report.Faults.First().Attestation?.Rule);
        }
    }
}
