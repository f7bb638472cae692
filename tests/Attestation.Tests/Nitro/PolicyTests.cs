using Sequencer.Attestation.Nitro;

namespace Sequencer.Attestation.Tests.Nitro;

public class PolicyTests
{
    private static readonly byte[] P0 = TestNitroDocument.Pcr(0);
    private static readonly byte[] P1 = TestNitroDocument.Pcr(1);
    private static readonly byte[] P2 = TestNitroDocument.Pcr(2);

    [Fact]
    public void A_policy_without_any_image_cannot_be_made() =>
        Assert.Throws<ArgumentException>(() => new PcrPolicy());

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void A_zero_or_short_expected_value_cannot_be_made(int index)
    {
        foreach (byte[] bad in new[] { new byte[48], [], P0[1..], [.. P0, 1] })
        {
            Assert.Throws<ArgumentException>(() => new MeasurementSet(
                "image",
                index == 0 ? bad : P0,
                index == 1 ? bad : P1,
                index == 2 ? bad : P2,
                index > 2 ? [new(index, bad)] : []));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(-1)]
    [InlineData(32)]
    public void An_index_given_twice_or_out_of_range_cannot_be_made(int index) =>
        Assert.Throws<ArgumentException>(() =>
            new MeasurementSet("image", P0, P1, P2, [new(index, P0)]));

    [Fact]
    public void Sets_are_equal_by_their_values_whatever_they_are_called()
    {
        var one = new MeasurementSet("one", P0, P1, P2, [new(8, P0)]);
        var same = new MeasurementSet("same", P0, P1, P2, [new(8, P0)]);

        Assert.Equal(one, same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(one, new MeasurementSet("one", P0, P1, P2));
        Assert.NotEqual(one, new MeasurementSet("one", P0, P1, P2, [new(8, P1)]));
        Assert.NotEqual(one, new MeasurementSet("one", P0, P1, P2, [new(3, P0)]));
    }

    [Fact]
    public void The_caller_may_reuse_the_bytes_it_gave()
    {
        byte[] mine = [.. P0];
        var set = new MeasurementSet("image", mine, P1, P2);
        mine[0] ^= 1;
        Assert.Equal(P0, set.Pcrs[0].ToArray());
    }

    [Fact]
    public void Weak_nonces_and_ages_cannot_be_asked_for()
    {
        Assert.Throws<ArgumentException>(
            () => new Freshness.LiveNonce(new byte[15], TestNitroPki.Now));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new Freshness.LiveAge(TimeSpan.Zero, TestNitroPki.Now));
    }

    [Fact]
    public void The_embedded_root_is_the_one_that_AWS_publishes()
    {
        TrustedRoot root = TrustedRoot.AwsNitroEnclavesG1;
        Assert.Equal(TrustedRootKind.AwsNitroEnclavesG1, root.Kind);
        Assert.Equal(
            "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b",
            root.Fingerprint.ToHex());
    }

    [Fact]
    public void Something_that_is_no_certificate_cannot_be_a_root() =>
        Assert.Throws<ArgumentException>(() => TrustedRoot.InsecureDevelopmentRoot([0x30, 0x00]));
}
