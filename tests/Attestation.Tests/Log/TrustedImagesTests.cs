using System.Text;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Tests.Log;

public sealed class TrustedImagesTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(2);

    private TrustedImages Images => _log.Policy.Images;

    public void Dispose() => _log.Dispose();

    [Fact]
    public void What_is_written_is_read_back()
    {
        Assert.True(TrustedImages.TryParse(Images.ToJson(), out TrustedImages? read, out _));
        Assert.Equal(Images.ToJson(), read.ToJson());
        Assert.True(read.HasInsecureDevelopmentRoots);
    }

    [Fact]
    public void Neither_format_is_taken_for_the_other()
    {
        Assert.False(TrustedImages.TryParse(_log.Policy.ToJson(), out _, out string? fault));
        Assert.Equal("format: not sequencer-measurements/v1", fault);
        Assert.False(TrustPolicy.TryParse(Images.ToJson(), out _, out fault));
        Assert.Equal("format: not sequencer-trust-policy/v1", fault);
    }

    [Theory]
    [InlineData("log_id", "0f5c")]
    [InlineData("origin", "sequencer.example/log1")]
    [InlineData("configuration", "any")]
    public void Measurements_that_speak_of_a_log_are_refused(string member, string value)
    {
        string json = Encoding.UTF8.GetString(Images.ToJson()).Replace(
            "measurements/v1\"", $"measurements/v1\",\"{member}\":\"{value}\"",
            StringComparison.Ordinal);
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        Assert.False(TrustedImages.TryParse(bytes, out _, out string? fault));
        Assert.Contains("belong to", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_good_receipt_leaves_the_rules_about_the_log_unpassed()
    {
        var report = LogVerifier.VerifyReceipt(Images, _log.Receipt(1).Encode());

        Assert.True(report.TryGet(out VerifiedEntry? entry));
        Assert.False(entry.Head.Policy.IsLogPinned);
        Assert.True(_log.Policy.IsLogPinned);
        VerificationRule[] notChecked =
        [
            .. report.Checks.OfType<VerificationCheck.NotChecked>()
                .Where(c => c.Reason.Contains("not pinned", StringComparison.Ordinal))
                .Select(c => c.Rule),
        ];
        Assert.Equal(
            [VerificationRule.LogId, VerificationRule.Origin, VerificationRule.Configuration],
            notChecked);
    }

    [Fact]
    public void A_head_of_another_log_is_refused_by_the_policy_for_one()
    {
        using var other = new TestLog(cellsMax: 7);
        other.OpenEpoch();
        other.Append();
        TrustPolicy policy = Images.PolicyFor(_log.Epochs[0].Statement);

        var report = new LogVerifier(policy).VerifyReceipt(other.Receipt(1).Encode());

        VerificationRule[] failed = [.. report.Faults.Select(f => f.Rule)];
        Assert.Equal([VerificationRule.LogId, VerificationRule.Configuration], failed);
    }

    [Fact]
    public void Another_image_is_refused_with_both_measurements()
    {
        byte[] other = [.. Enumerable.Repeat((byte)7, 48)];
        var images = new TrustedImages(
            [new AcceptedMeasurement(new MeasurementSet("other", other, other, other))],
            [TestLog.Root]);

        var report = LogVerifier.VerifyReceipt(images, _log.Receipt(1).Encode());

        VerificationCheck.Failed fault = report.Faults.Single();
        Assert.Equal(VerificationRule.Attestation, fault.Rule);
        Assert.Contains(Convert.ToHexStringLower(other), fault.Expected, StringComparison.Ordinal);
        Assert.Contains(
            Convert.ToHexStringLower(Images.Measurements[0].Measurements.Pcrs[0].Span),
            fault.Actual,
            StringComparison.Ordinal);
    }
}
