using Sequencer.Enclave.Host;
using Sequencer.Enclave.Nitro.Nsm;

namespace Sequencer.Enclave.Tests.Nitro;

/// <summary>The bytes of every request, written by hand from RFC 8949.</summary>
public sealed class NsmRequestTests
{
    // a1: a map of one. 6b: 11 bytes of text. f6: null. 43: three bytes.
    private const string Attestation = "a16b4174746573746174696f6e"; // {"Attestation":
    private const string UserData = "69757365725f64617461";
    private const string Nonce = "656e6f6e6365";
    private const string PublicKey = "6a7075626c69635f6b6579";

    [Fact]
    public void An_attestation_without_options_says_null_three_times() => Is(
        Attestation + "a3" + UserData + "f6" + Nonce + "f6" + PublicKey + "f6",
        NsmRequest.Attestation(default));

    [Fact]
    public void An_attestation_carries_its_options_in_the_drivers_order() => Is(
        Attestation + "a3" + UserData + "43010203" + Nonce + "40"
            + PublicKey + "5818" + Repeat("07", 24),
        NsmRequest.Attestation(new NsmOptions
        {
            UserData = new byte[] { 1, 2, 3 },
            Nonce = ReadOnlyMemory<byte>.Empty,
            PublicKey = Enumerable.Repeat((byte)7, 24).ToArray(),
        }));

    [Fact]
    public void A_request_without_fields_is_its_name()
    {
        Is("69" + "47657452616e646f6d", NsmRequest.GetRandom());
        Is("6b" + "44657363726962654e534d", NsmRequest.DescribeNsm());
    }

    [Theory]
    [InlineData(0, "00")]
    [InlineData(23, "17")]
    [InlineData(31, "181f")]
    [InlineData(256, "190100")]
    public void Indices_are_in_the_fewest_bytes(ushort index, string encoded)
    {
        Is("a16b44657363726962655043 52a165696e646578" + encoded, NsmRequest.DescribePcr(index));
        Is("a1674c6f636b504352a165696e646578" + encoded, NsmRequest.LockPcr(index));
        Is("a1684c6f636b50435273a16572616e6765" + encoded, NsmRequest.LockPcrs(index));
    }

    [Fact]
    public void An_extension_is_index_then_data() => Is(
        "a169457874656e64504352a265696e646578106464617461420809",
        NsmRequest.ExtendPcr(16, [8, 9]));

    private static void Is(string hex, byte[] request) => Assert.Equal(
        hex.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexStringLower(request));

    private static string Repeat(string hex, int count) =>
        string.Concat(Enumerable.Repeat(hex, count));
}
