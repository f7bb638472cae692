using System.Globalization;

namespace Sequencer.Attestation.Tests;

/// <summary>The seed of property tests: SEQUENCER_SEED, or a fixed one.</summary>
internal static class Seeded
{
    private const int DefaultSeed = 20260722;

    /// <summary>A generator whose seed appears in the output of a failing run.</summary>
    public static Random Random(out int seed)
    {
        string? given = Environment.GetEnvironmentVariable("SEQUENCER_SEED");
        seed = given is null ? DefaultSeed : int.Parse(given, CultureInfo.InvariantCulture);
        Console.WriteLine($"SEQUENCER_SEED={seed}");
        return new Random(seed);
    }

    public static byte[] Bytes(this Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>Every copy of the input with one bit flipped.</summary>
    public static IEnumerable<byte[]> OneBitFlips(byte[] input)
    {
        for (int bit = 0; bit < input.Length * 8; bit++)
        {
            byte[] flipped = (byte[])input.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            yield return flipped;
        }
    }
}
