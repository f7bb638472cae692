using System.Security.Cryptography;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Attestation.Tests.Cryptography;

public sealed class EcdsaP256Tests : IDisposable
{
    private static readonly byte[] Message = "a message"u8.ToArray();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private byte[] KeyInfo => _key.ExportSubjectPublicKeyInfo();

    public void Dispose() => _key.Dispose();

    [Fact]
    public void Signatures_of_the_platform_verify_in_their_der_form()
    {
        for (int i = 0; i < 300; i++) Assert.True(EcdsaP256.Verify(KeyInfo, Message, Sign()));
    }

    [Fact]
    public void No_flipped_bit_of_key_message_or_signature_verifies()
    {
        byte[] info = KeyInfo, signature = Sign();
        foreach (byte[] flipped in Seeded.OneBitFlips(signature))
        {
            Assert.False(EcdsaP256.Verify(info, Message, flipped));
        }
        foreach (byte[] flipped in Seeded.OneBitFlips(info))
        {
            Assert.False(EcdsaP256.Verify(flipped, Message, signature));
        }
        foreach (byte[] flipped in Seeded.OneBitFlips(Message))
        {
            Assert.False(EcdsaP256.Verify(info, flipped, signature));
        }
    }

    [Fact]
    public void Keys_that_take_turns_on_several_threads_keep_to_their_own_signatures()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[][] infos = [KeyInfo, other.ExportSubjectPublicKeyInfo()];
        byte[][] signatures =
        [
            Sign(),
            other.SignData(
                Message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence),
        ];
        Parallel.For(0, 2000, i => Assert.Equal(
            i % 2 == i / 2 % 2,
            EcdsaP256.Verify(infos[i % 2], Message, signatures[i / 2 % 2])));
    }

    [Fact]
    public void A_second_encoding_of_a_good_signature_is_refused()
    {
        byte[] der = Sign();
        int r = der[3], s = der[5 + r];
        byte[] rValue = der[4..(4 + r)], sValue = der[(6 + r)..];
        byte[] Sequence(byte[] body) => [0x30, (byte)body.Length, .. body];
        byte[] Integer(byte[] value) => [0x02, (byte)value.Length, .. value];
        Assert.Equal(der, Sequence([.. Integer(rValue), .. Integer(sValue)]));

        byte[][] others =
        [
            [.. der, 0],
            [0x30, 0x81, .. der[1..]],
            Sequence([.. Integer([0, .. rValue]), .. Integer(sValue)]),
            Sequence([.. Integer(rValue), .. Integer([0, .. sValue])]),
            Sequence([.. Integer(rValue), .. Integer(sValue), 0x05, 0x00]),
            Sequence([0x02, 0x81, (byte)r, .. rValue, .. Integer(sValue)]),
            [0x30, 0x80, .. der[2..], 0, 0],
        ];
        foreach (byte[] other in others) Assert.False(EcdsaP256.Verify(KeyInfo, Message, other));
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("3000")]
    [InlineData("3003020101")]
    [InlineData("3006020100020101")]
    [InlineData("3006020101020100")]
    [InlineData("3006020181020101")]
    [InlineData("30060200020201ff")]
    [InlineData("3006020101020201")]
    [InlineData("3106020101020101")]
    [InlineData("3006030101020101")]
    public void Malformed_or_out_of_range_signatures_are_refused(string hex)
    {
        Assert.False(EcdsaP256.Verify(KeyInfo, Message, Convert.FromHexString(hex)));
    }

    [Fact]
    public void Keys_of_other_curves_encodings_and_points_are_refused()
    {
        Assert.True(EcdsaP256.IsAcceptablePublicKey(KeyInfo));
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.False(EcdsaP256.IsAcceptablePublicKey(p384.ExportSubjectPublicKeyInfo()));
        Assert.False(EcdsaP256.IsAcceptablePublicKey([.. KeyInfo, 0]));
        Assert.False(EcdsaP256.IsAcceptablePublicKey(KeyInfo.AsSpan(1)));
        byte[] off = KeyInfo;
        off[^1] ^= 1;
        Assert.False(EcdsaP256.IsAcceptablePublicKey(off));
        KeyInfo.AsSpan(..27).CopyTo(off);
        off.AsSpan(27).Clear();
        Assert.False(EcdsaP256.IsAcceptablePublicKey(off));
        off.AsSpan(27).Fill(0xff);
        Assert.False(EcdsaP256.IsAcceptablePublicKey(off));
    }

    private byte[] Sign() => _key.SignData(
        Message, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
}
