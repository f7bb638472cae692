using System.Security.Cryptography;
using System.Text;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Attestation.Tests.Cryptography;

public class Sha256Tests
{
    /// <summary>Messages of NIST's examples for FIPS 180-4, and their digests.</summary>
    public static TheoryData<string, string> Published => new()
    {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        {
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        },
        {
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        },
        {
            new string('a', 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        },
    };

    [Fact]
    public void Where_libcrypto_is_at_hand_it_hashes() =>
        Assert.Equal(Ed25519.IsAvailable, Sha256.IsNative);

    [Theory]
    [MemberData(nameof(Published))]
    public void Published_messages_hash_as_published(string message, string expected)
    {
        byte[] data = Encoding.ASCII.GetBytes(message);
        Assert.Equal(expected, Sha256.Hash(data).ToHex());
        Assert.Equal(expected, Sha256.HashManaged(data, default, default).ToHex());
    }

    [Fact]
    public void Every_length_to_300_and_every_split_in_two_hashes_as_the_platform_does()
    {
        byte[] data = Seeded.Random(out _).Bytes(300);
        for (int length = 0; length <= data.Length; length++)
        {
            ReadOnlySpan<byte> message = data.AsSpan(0, length);
            var expected = new Digest(SHA256.HashData(message));
            Assert.Equal(expected, Sha256.Hash(message));
            for (int split = 0; split <= length; split++)
            {
                Assert.Equal(expected, Sha256.Hash(message[..split], message[split..]));
            }
        }
    }

    [Fact]
    public void Splits_in_three_hash_as_one_message_in_both_implementations()
    {
        var random = Seeded.Random(out _);
        for (int round = 0; round < 2000; round++)
        {
            byte[] data = random.Bytes(random.Next(301));
            int a = random.Next(data.Length + 1);
            int b = random.Next(a, data.Length + 1);
            var expected = new Digest(SHA256.HashData(data));
            ReadOnlySpan<byte> first = data.AsSpan(..a);
            ReadOnlySpan<byte> second = data.AsSpan(a..b);
            ReadOnlySpan<byte> third = data.AsSpan(b..);
            Assert.Equal(expected, Sha256.Hash(first, second, third));
            Assert.Equal(expected, Sha256.HashManaged(first, second, third));
        }
    }

    [Theory]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(100_000)]
    public void Lengths_around_the_change_of_implementation_agree(int length)
    {
        byte[] data = Seeded.Random(out _).Bytes(length);
        var expected = new Digest(SHA256.HashData(data));
        Assert.Equal(expected, Sha256.Hash(data));
        Assert.Equal(expected, Sha256.Hash(data.AsSpan(..1), data.AsSpan(1..)));
        Assert.Equal(expected, Sha256.Hash(data.AsSpan(..1), data.AsSpan(1..9), data.AsSpan(9..)));
    }

    [Fact]
    public void A_run_hashes_its_parts_as_one_message_and_begins_anew()
    {
        var random = Seeded.Random(out _);
        using var run = new Sha256Run();
        for (int round = 0; round < 100; round++)
        {
            byte[] data = random.Bytes(random.Next(10_000));
            for (int at = 0; at < data.Length;)
            {
                int length = Math.Min(random.Next(2000), data.Length - at);
                run.Append(data.AsSpan(at, length));
                at += length;
            }
            Assert.Equal(new Digest(SHA256.HashData(data)), run.Finish());
        }
    }
}
