namespace Sequencer.Attestation.Tests;

public class DigestTests
{
    /// <summary>Which words of the digest the attacker changes, and with what.</summary>
    public static TheoryData<int, int> Words => new() { { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 0 } };

    [Theory]
    [MemberData(nameof(Words))]
    public void Chosen_bytes_do_not_share_a_hash_code(int first, int second)
    {
        // Both words the same: a hash that folds or adds words without a secret sees one value.
        const int Count = 4096;
        var codes = new HashSet<int>();
        var bytes = new byte[Digest.Size];
        for (uint i = 0; i < Count; i++)
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(8 * first), ((ulong)i << 32) | i);
            BitConverter.TryWriteBytes(bytes.AsSpan(8 * second), ((ulong)i << 32) | i);
            var digest = new Digest(bytes);
            Assert.Equal(digest.GetHashCode(), new Digest(bytes).GetHashCode());
            codes.Add(digest.GetHashCode());
        }
        // Of 4,096 fair codes of 32 bits two are equal once in 500 runs; 64 pairs, never.
        Assert.InRange(codes.Count, Count - 64, Count);
    }
}
