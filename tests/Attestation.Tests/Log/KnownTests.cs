using Sequencer.Attestation.Receipts;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>What a verifier remembers saves it work and changes no verdict.</summary>
public sealed class KnownTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(3);

    public void Dispose() => _log.Dispose();

    [Fact]
    public void A_document_that_held_is_known_and_a_refused_one_is_not()
    {
        TrustPolicy policy = _log.Policy;
        byte[] document = _log.Epochs[0].Document;
        byte[] refused = [.. document];
        refused[^1] ^= 1;

        Assert.False(Verify(policy, refused));
        Assert.True(Verify(policy, document));

        Assert.NotNull(policy.Images.Known.Find(document));
        Assert.Null(policy.Images.Known.Find(refused));
        Assert.Null(policy.Images.Known.Find(document.AsSpan(1)));
        Assert.False(Verify(policy, refused));
    }

    [Fact]
    public void What_one_policy_knows_another_does_not()
    {
        var others = new TrustPolicy(
            _log.Policy.LogId, _log.Configuration,
            [new AcceptedMeasurement(new("other", Pcr(9), Pcr(1), Pcr(2)))], [TestLog.Root]);

        Assert.True(Verify(_log.Policy, _log.Epochs[0].Document));
        Assert.False(Verify(others, _log.Epochs[0].Document));
    }

    [Fact]
    public void A_known_document_vouches_for_no_other_statement()
    {
        _log.OpenEpoch();
        var verifier = new LogVerifier(_log.Policy);
        foreach (TestEpoch epoch in _log.Epochs)
        {
            Assert.True(verifier.VerifyEpoch(epoch.Statement.Bytes, epoch.Document).IsGood);
        }

        var crossed = verifier.VerifyEpoch(
            _log.Epochs[1].Statement.Bytes, _log.Epochs[0].Document);

        Assert.Equal(
            [VerificationRule.EpochPublicKey, VerificationRule.EpochStatement],
            crossed.Faults.Select(f => f.Rule));
    }

    [Fact]
    public void Only_the_last_documents_are_kept_and_all_others_verify_again()
    {
        while (_log.Epochs.Count <= KnownDocuments.DocumentsMax) _log.OpenEpoch();
        TrustPolicy policy = _log.Policy;
        var verifier = new LogVerifier(policy);
        for (int round = 0; round < 2; round++)
        {
            foreach (TestEpoch epoch in _log.Epochs)
            {
                Assert.Null(policy.Images.Known.Find(epoch.Document));
                Assert.True(verifier.VerifyEpoch(epoch.Statement.Bytes, epoch.Document).IsGood);
                Assert.NotNull(policy.Images.Known.Find(epoch.Document));
            }
        }
    }

    [Fact]
    public void A_caller_that_reuses_its_buffers_changes_nothing_that_is_known()
    {
        Receipt r = _log.Receipt(2);
        byte[] document = r.Epoch.Document.ToArray(), checkpoint = r.Checkpoint.ToArray();
        Digest[] inclusion = r.Epoch.Inclusion.ToArray();
        var reused = new Receipt(
            r.Record, r.Request, r.Metadata, r.Inclusion, checkpoint,
            new ReceiptEpoch(r.Epoch.Statement, inclusion, document));
        var verifier = new LogVerifier(_log.Policy);
        Assert.True(verifier.VerifyReceipt(reused).IsGood);

        document[^1] ^= 1;
        Assert.False(verifier.VerifyReceipt(reused).IsGood);
        document[^1] ^= 1;
        inclusion[0] = Digest.Zero;
        Assert.False(verifier.VerifyReceipt(reused).IsGood);
        inclusion[0] = r.Epoch.Inclusion.Span[0];
        checkpoint[^3] ^= 1;
        Assert.False(verifier.VerifyReceipt(reused).IsGood);
        checkpoint[^3] ^= 1;
        Assert.True(verifier.VerifyReceipt(reused).IsGood);
    }

    [Fact]
    public void Receipts_under_changing_heads_and_epochs_verify_in_any_order()
    {
        _log.OpenEpoch();
        _log.Append();
        Random random = Seeded.Random(out int seed);
        var verifier = new LogVerifier(_log.Policy);
        for (int round = 0; round < 200; round++)
        {
            ulong size = (ulong)random.Next(1, (int)_log.Size + 1);
            ulong number = (ulong)random.Next((int)size);
            var report = verifier.VerifyReceipt(_log.Receipt(number, size));
            Assert.True(report.TryGet(out VerifiedEntry? entry), $"seed {seed}, round {round}");
            Assert.Equal((number, size), (entry.Number, entry.Head.Checkpoint.Size));
        }
    }

    private bool Verify(TrustPolicy policy, byte[] document) => new LogVerifier(policy)
        .VerifyEpoch(_log.Epochs[0].Statement.Bytes, document).IsGood;

    private static byte[] Pcr(int index) => TestNitroDocument.Pcr(index);
}

internal static class ReportText
{
    /// <summary>All that a report says, to be compared.</summary>
    public static string Told<T>(this VerificationReport<T> report)
        where T : class => string.Join('\n', report.Checks);
}
