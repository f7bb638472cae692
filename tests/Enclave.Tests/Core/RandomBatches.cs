using Sequencer.Attestation.Log;
using static Sequencer.Enclave.Tests.Core.Requests;

namespace Sequencer.Enclave.Tests.Core;

/// <summary>
/// Batches over a few streams and keys, so that guards, caps and keys meet often.
/// </summary>
internal static class RandomBatches
{
    public const int Streams = 8;

    public static byte[] Next(Random random, ulong startSize) => Batch(startSize, Groups(random));

    public static byte[][][] Groups(Random random) =>
    [
        .. Enumerable.Range(0, random.Next(1, 4)).Select(_ =>
            Enumerable.Range(0, random.Next(4) == 0 ? random.Next(2, 4) : 1)
                .Select(_ => Request(random)).ToArray()),
    ];

    private static byte[] Request(Random random)
    {
        if (random.Next(40) == 0) return [1, 2, 3];
        var operations = new List<CellOperation>();
        for (int i = random.Next(3); i > 0; i--) operations.Add(Guard(random));
        int first = random.Next(Streams);
        for (int i = random.Next(3); i > 0; i--) operations.Add(Bump($"s{(first + i) % Streams}"));
        string? key = random.Next(2) == 0 ? null : $"k{random.Next(12)}";
        // Few payloads, so that a key comes back with the same request as well as with another.
        return Keyed($"p{random.Next(2)}", key, key is null ? [.. operations] : []);
    }

    private static CellOperation Guard(Random random)
    {
        string stream = $"s{random.Next(Streams)}";
        return random.Next(8) switch
        {
            0 => Exists(stream),
            1 => NotExists(stream),
            2 => VersionEquals(stream, (ulong)random.Next(3)),
            _ => UnchangedSince(
                stream, (ulong)random.Next(2) * ulong.MaxValue + (ulong)random.Next(2)),
        };
    }
}
