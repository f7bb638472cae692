using System.Collections.Concurrent;
using Sequencer.Attestation.Nitro;
using Xunit.Abstractions;

namespace Sequencer.Attestation.Tests.Nitro;

public class HostileInputTests(ITestOutputHelper output)
{
    private static readonly PcrPolicy Policy = new(TestNitroDocument.Measurements());
    private static readonly Freshness Archival = new Freshness.Archival();

    [Fact]
    public void Every_truncation_is_refused()
    {
        var document = new TestNitroDocument();
        byte[] bytes = document.Build();
        TrustedRoot root = document.Trusted;
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.False(Verifies(bytes.AsSpan(0, length), root));
        }
        Assert.True(Verifies(bytes, root));
    }

    [Fact]
    public void Every_flipped_bit_is_refused()
    {
        var document = new TestNitroDocument();
        byte[] bytes = document.Build();
        TrustedRoot root = document.Trusted;
        var accepted = new ConcurrentBag<int>();
        Parallel.For(0, bytes.Length, at =>
        {
            byte[] flipped = [.. bytes];
            for (int bit = 0; bit < 8; bit++)
            {
                flipped[at] = (byte)(bytes[at] ^ (1 << bit));
                if (Verifies(flipped, root)) accepted.Add((at * 8) + bit);
            }
        });
        Assert.Empty(accepted);
        output.WriteLine($"{bytes.Length * 8} bits flipped.");
    }

    [Fact]
    public void Random_damage_never_throws()
    {
        Random random = Seeded.Random(out int seed);
        output.WriteLine($"SEQUENCER_SEED={seed}");
        var document = new TestNitroDocument();
        byte[] bytes = document.Build();
        TrustedRoot root = document.Trusted;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = Damage(random, bytes);
            if (damaged.AsSpan().SequenceEqual(bytes)) continue;
            Assert.False(Verifies(damaged, root));
        }
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        Random random = Seeded.Random(out int seed);
        output.WriteLine($"SEQUENCER_SEED={seed}");
        var document = new TestNitroDocument();
        document.Build();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            Assert.False(Verifies(noise, document.Trusted));
            byte[] sealedNoise = TestNitroDocument.Seal(
                w => w.WriteByteString([0xbf, .. noise]), w => w.WriteByteString(new byte[96]));
            Assert.False(Verifies(sealedNoise, document.Trusted));
        }
    }

    [Fact]
    public void A_damaged_certificate_never_throws_whoever_signed_around_it()
    {
        Random random = Seeded.Random(out int seed);
        output.WriteLine($"SEQUENCER_SEED={seed}");
        byte[] leaf = new TestNitroPki(TestNitroDocument.ModuleId).Build()[^1];
        int read = 0;
        for (int i = 0; i < 100_000; i++)
        {
            byte[] damaged = Damage(random, leaf);
            if (NitroCertificate.Parse(damaged, "leaf", out NitroCertificate certificate) is null)
            {
                CommonName.Find(certificate.Subject);
                read++;
            }
        }
        output.WriteLine($"{read} of 100000 damaged certificates could still be read.");
    }

    private static bool Verifies(ReadOnlySpan<byte> bytes, TrustedRoot root)
    {
        bool holds = NitroAttestationVerifier.Verify(bytes, Policy, root, Archival)
            .TryGet(out _, out AttestationRefusal? refusal);
        Assert.Equal(holds, refusal is null);
        return holds;
    }

    private static byte[] Damage(Random random, byte[] bytes)
    {
        List<byte> damaged = [.. bytes];
        for (int edits = random.Next(1, 4); edits > 0; edits--)
        {
            int at = random.Next(damaged.Count);
            switch (random.Next(4))
            {
                case 0:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 1:
                    damaged.Insert(at, (byte)random.Next(256));
                    break;
                case 2:
                    damaged.RemoveAt(at);
                    break;
                default:
                    int length = random.Next(Math.Min(64, damaged.Count - at));
                    damaged.InsertRange(random.Next(damaged.Count), damaged.GetRange(at, length));
                    break;
            }
        }
        return [.. damaged];
    }
}
