using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Attestation.Tests.Cryptography;

public class Ed25519Tests
{
    private static readonly byte[] Seed = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly byte[] Message = "a message"u8.ToArray();

    /// <summary>RFC 8032 section 7.1: seed, public key, message, signature.</summary>
    public static TheoryData<string, string, string, string> Rfc8032 => new()
    {
        {
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
            + "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        },
        {
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da0"
            + "85ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        },
        {
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac1"
            + "8ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        },
        {
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            Convert.ToHexStringLower(SHA512.HashData("abc"u8)),
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b5890"
            + "9351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        },
    };

    [Theory]
    [MemberData(nameof(Rfc8032))]
    public void Vectors_of_rfc_8032_verify(
        string seed, string key, string message, string signature)
    {
        byte[] k = Convert.FromHexString(key), m = Convert.FromHexString(message);
        byte[] s = Convert.FromHexString(signature), secret = Convert.FromHexString(seed);
        Assert.True(Ed25519.Verify(k, m, s));
        Assert.Equal(k, Ed25519Oracle.PublicKey(secret));
        Assert.Equal(s, Ed25519Oracle.Sign(secret, m));
    }

    [Fact]
    public void No_flipped_bit_of_key_message_or_signature_verifies()
    {
        byte[] key = Ed25519Oracle.PublicKey(Seed), signature = Ed25519Oracle.Sign(Seed, Message);
        Assert.True(Ed25519.Verify(key, Message, signature));
        foreach (byte[] flipped in Seeded.OneBitFlips([.. key, .. signature, .. Message]))
        {
            Assert.False(Ed25519.Verify(
                flipped.AsSpan(0, 32), flipped.AsSpan(96), flipped.AsSpan(32, 64)));
        }
    }

    [Fact]
    public void Other_lengths_of_key_and_signature_are_refused()
    {
        byte[] key = Ed25519Oracle.PublicKey(Seed), signature = Ed25519Oracle.Sign(Seed, Message);
        Assert.False(Ed25519.Verify(key.AsSpan(1), Message, signature));
        Assert.False(Ed25519.Verify([.. key, 0], Message, signature));
        Assert.False(Ed25519.Verify(key, Message, signature.AsSpan(..63)));
        Assert.False(Ed25519.Verify(key, Message, [.. signature, 0]));
        Assert.False(Ed25519.Verify([], Message, []));
    }

    [Fact]
    public void A_signature_with_the_group_order_added_to_s_is_refused()
    {
        byte[] key = Ed25519Oracle.PublicKey(Seed), signature = Ed25519Oracle.Sign(Seed, Message);
        BigInteger s = Ed25519Oracle.Number(signature.AsSpan(32));
        for (int times = 1; times <= 7; times++)
        {
            byte[] malleated =
                [.. signature[..32], .. Ed25519Oracle.Bytes(s + (times * Ed25519Oracle.L))];
            Assert.False(Ed25519.Verify(key, Message, malleated));
        }
    }

    [Fact]
    public void The_listed_points_are_those_of_small_order()
    {
        BigInteger[] ys = [.. MemoryMarshal.AsBytes(Ed25519.SmallOrderY).ToArray()
            .Chunk(32).Select(b => Ed25519Oracle.Number(b))];
        Assert.Equal([0, 1, Ed25519Oracle.P - 1], ys[..3]);
        // The double of an order 8 point has y = 0, so x^2 = -y^2 and the curve gives the equation.
        Assert.NotEqual(ys[3], ys[4]);
        foreach (BigInteger y in ys[3..])
        {
            Assert.True(y < Ed25519Oracle.P);
            Assert.Equal(1, Ed25519Oracle.Mod((Ed25519Oracle.D * y * y * y * y) + (2 * y * y)));
        }
    }

    [Fact]
    public void Every_encoding_of_a_point_of_small_order_is_refused_as_key_and_as_r()
    {
        byte[] key = Ed25519Oracle.PublicKey(Seed), signature = Ed25519Oracle.Sign(Seed, Message);
        int encodings = 0;
        foreach (byte[] y in MemoryMarshal.AsBytes(Ed25519.SmallOrderY).ToArray().Chunk(32))
        {
            BigInteger plus = Ed25519Oracle.Number(y) + Ed25519Oracle.P;
            byte[][] forms = plus >= BigInteger.Pow(2, 255) ? [y] : [y, Ed25519Oracle.Bytes(plus)];
            foreach (byte[] form in forms)
            {
                byte[] negative = [.. form[..31], (byte)(form[31] | 0x80)];
                foreach (byte[] point in new[] { form, negative })
                {
                    encodings++;
                    Assert.False(Ed25519.IsAcceptablePublicKey(point));
                    Assert.False(Ed25519.Verify(point, Message, signature));
                    Assert.False(Ed25519.Verify(key, Message, [.. point, .. signature[32..]]));
                }
            }
        }
        Assert.Equal(14, encodings);
    }

    [Fact]
    public void The_forgery_for_every_message_that_libcrypto_takes_is_refused()
    {
        // With the neutral point as key, S B = R + k A holds for R = B and S = 1 whatever k is.
        byte[] neutral = Ed25519Oracle.Bytes(1);
        byte[] signature =
            [.. Convert.FromHexString("58" + new string('6', 62)), .. Ed25519Oracle.Bytes(1)];
        foreach (byte[] message in new[] { "one"u8.ToArray(), "another"u8.ToArray() })
        {
            Assert.True(Ed25519.VerifyNative(neutral, message, signature));
            Assert.False(Ed25519.Verify(neutral, message, signature));
        }
    }

    [Fact]
    public void A_y_of_p_or_more_is_refused_in_key_and_r()
    {
        byte[] key = Ed25519Oracle.PublicKey(Seed), signature = Ed25519Oracle.Sign(Seed, Message);
        for (int above = 0; above < 19; above++)
        {
            byte[] y = Ed25519Oracle.Bytes(Ed25519Oracle.P + above);
            Assert.False(Ed25519.IsAcceptablePublicKey(y));
            Assert.False(Ed25519.Verify(key, Message, [.. y, .. signature[32..]]));
            y[31] |= 0x80;
            Assert.False(Ed25519.IsAcceptablePublicKey(y));
        }
        Assert.True(Ed25519.IsAcceptablePublicKey(Ed25519Oracle.Bytes(Ed25519Oracle.P - 2)));
    }

    [Fact]
    public void A_key_off_the_curve_verifies_nothing()
    {
        byte[] signature = Ed25519Oracle.Sign(Seed, Message);
        for (int y = 2; y < 40; y++)
        {
            Assert.False(Ed25519.Verify(Ed25519Oracle.Bytes(y), Message, signature));
        }
    }

    [Fact]
    public void A_refusal_leaves_the_platforms_own_cryptography_working()
    {
        byte[] signature = Ed25519Oracle.Sign(Seed, Message);
        Assert.False(Ed25519.Verify(Ed25519Oracle.Bytes(2), Message, signature));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.True(key.VerifyData(
            Message, key.SignData(Message, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256));
    }
}
