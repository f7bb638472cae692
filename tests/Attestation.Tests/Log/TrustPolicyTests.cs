using System.Text;
using Sequencer.Attestation.Nitro;
using Sequencer.Attestation.Tests.Nitro;
using Sequencer.Attestation.Verification;

namespace Sequencer.Attestation.Tests.Log;

public sealed class TrustPolicyTests : IDisposable
{
    private readonly TestLog _log = TestLog.WithEntries(1);

    private string Json => Encoding.UTF8.GetString(_log.Policy.ToJson());

    public void Dispose() => _log.Dispose();

    [Fact]
    public void What_is_written_is_read_back()
    {
        var others = new Dictionary<int, ReadOnlyMemory<byte>> { [8] = TestNitroDocument.Pcr(8) };
        var set = new MeasurementSet(
            "1.0 + ü", TestNitroDocument.Pcr(0), TestNitroDocument.Pcr(1), TestNitroDocument.Pcr(2),
            others);
        var policy = new TrustPolicy(
            _log.Policy.LogId, _log.Configuration,
            [new(TestNitroDocument.Measurements()), new(set, 12)],
            [TrustedRoot.AwsNitroEnclavesG1, TestLog.Root]);

        Assert.True(TrustPolicy.TryParse(policy.ToJson(), out TrustPolicy? read, out _));

        Assert.Equal(policy.ToJson(), read.ToJson());
        Assert.True(read.HasInsecureDevelopmentRoots);
        Assert.Equal(12u, read.Measurements[1].NotAfterSize);
        Assert.Equal(set, read.Measurements[1].Measurements);
    }

    [Fact]
    public void A_policy_of_aws_alone_has_no_insecure_member()
    {
        var policy = new TrustPolicy(
            _log.Policy.LogId, _log.Configuration, _log.Policy.Measurements,
            [TrustedRoot.AwsNitroEnclavesG1]);

        Assert.False(policy.HasInsecureDevelopmentRoots);
        Assert.DoesNotContain(
            "insecure", Encoding.UTF8.GetString(policy.ToJson()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"log_id\"", "\"logid\"", "logid: unknown member")]
    [InlineData("\"name\"", "\"nam\"", "measurements[0].nam: unknown member")]
    [InlineData("\"pcr1\"", "\"pcr0\"", "pcr0: stands twice")]
    [InlineData("\"pcr1\"", "\"pcr7\"", "measurements[0].pcr7: unknown member")]
    [InlineData("policy/v1", "policy/v2", "format: not sequencer-trust-policy/v1")]
    [InlineData("sequencer.example/log1\",", "other\",", "origin: other is not")]
    [InlineData("cells-max 1000", "cells-max 01000", "configuration: not")]
    [InlineData("\"origin\"", "\"log_id\"", "log_id: stands twice")]
    [InlineData("\"insecure_development_roots\"", "\"roots\"", "roots[0]: no root has the name")]
    [InlineData("}\n  ],", "},\n  ],", "measurements[0].pcr2: not JSON")]
    [InlineData("{\n  \"format\"", "[\n  \"format\"", "the policy: not an object")]
    [InlineData("\"test\"", "7", "measurements[0].name: not a string")]
    [InlineData("\"test\"", "\" \"", "measurements[0].name: missing or empty")]
    [InlineData("\"test\"", "\"\\ud800\"", "measurements[0].name: not text")]
    [InlineData("\"test\"", "\"test\",\"not_after_size\":-1", "not_after_size: not an integer")]
    [InlineData("\"test\"", "\"test\",\"not_after_size\":1.5", "not_after_size: not an integer")]
    public void What_is_not_understood_is_refused_by_its_member(
        string part, string other, string fault)
    {
        string changed = Json.Replace(part, other, StringComparison.Ordinal);
        Assert.NotEqual(Json, changed);

        byte[] json = Encoding.UTF8.GetBytes(changed);
        Assert.False(TrustPolicy.TryParse(json, out _, out string? found));

        Assert.Contains(fault, found, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_after_the_object_and_text_cut_short_are_refused()
    {
        byte[] json = _log.Policy.ToJson();
        Assert.False(TrustPolicy.TryParse([.. json, (byte)'{'], out _, out _));
        for (int length = 0; length < json.Length - 1; length++)
        {
            Assert.False(TrustPolicy.TryParse(json.AsSpan(0, length), out _, out string? fault));
            Assert.NotEmpty(fault);
        }
    }

    [Fact]
    public void Zero_measurements_and_no_roots_are_refused()
    {
        string pcr0 = Convert.ToHexStringLower(TestNitroDocument.Pcr(0));
        string zero = Json.Replace(pcr0, new string('0', 96), StringComparison.Ordinal);
        Assert.False(TrustPolicy.TryParse(Encoding.UTF8.GetBytes(zero), out _, out string? fault));
        Assert.Equal("measurements[0].pcr0: all zero, which measures nothing", fault);

        int at = Json.IndexOf(",\n  \"insecure", StringComparison.Ordinal);
        string none = Json[..at] + "}";
        Assert.False(TrustPolicy.TryParse(Encoding.UTF8.GetBytes(none), out _, out fault));
        Assert.StartsWith("roots: ", fault, StringComparison.Ordinal);
    }
}
