using Sequencer.Attestation.Auditing;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>An audit by somebody who holds receipts from before.</summary>
public sealed class HeldHeadTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(5);

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_log_that_only_grew_is_good()
    {
        AttestedHead[] held = [Hold(0, 1), Hold(2, 4), Hold(5, 6)];
        _log.OpenEpoch();
        _log.Append();
        AuditReport report = await AuditAsync(held);
        Assert.Empty(report.Faults);
        Assert.True(report.IsGood);
    }

    [Fact]
    public async Task A_log_that_was_cut_back_is_good_only_to_who_holds_nothing()
    {
        AttestedHead held = Hold(5, 6);
        _log.CutTo(4);
        Assert.True((await AuditAsync([])).IsGood);

        AuditReport report = await AuditAsync([held]);
        Assert.False(report.IsGood);
        AuditFault fault = Assert.Single(report.Faults);
        Assert.Equal(VerificationRule.HeldHead, fault.Rule);
        Assert.Equal("the head of size 6 that you hold", fault.Place);
        Assert.Contains("cut back", fault.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_with_another_history_is_refused_at_the_size_that_differs()
    {
        AttestedHead before = Hold(3, 4);
        AttestedHead held = Hold(5, 6);
        _log.CutTo(4);
        for (int i = 0; i < 300; i++) _log.Append("another");
        Assert.True((await AuditAsync([before])).IsGood);

        AuditReport report = await AuditAsync([held, before]);
        Assert.False(report.IsGood);
        AuditFault fault = Assert.Single(report.Faults);
        Assert.Equal(VerificationRule.HeldHead, fault.Rule);
        Assert.Equal("the head of size 6 that you hold", fault.Place);
    }

    private AttestedHead Hold(ulong number, ulong size)
    {
        var report = new LogVerifier(_log.Policy).VerifyReceipt(_log.Receipt(number, size));
        Assert.True(report.TryGet(out VerifiedEntry? entry));
        return entry.Head.Attested;
    }

    private Task<AuditReport> AuditAsync(AttestedHead[] held) =>
        new LogAuditor(_log.Policy, held).AuditAsync(new TestAuditSource(_log));
}
