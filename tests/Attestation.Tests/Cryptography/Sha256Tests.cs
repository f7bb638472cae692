using System.Security.Cryptography;
using Sequencer.Attestation.Cryptography;

namespace Sequencer.Attestation.Tests.Cryptography;

public class Sha256Tests
{
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
    }
}
