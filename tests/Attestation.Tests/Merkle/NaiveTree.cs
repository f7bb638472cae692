using System.Numerics;
using System.Security.Cryptography;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Tests.Merkle;

/// <summary>
/// The oracle: RFC 6962 section 2.1 as it is written, by recursion over lists of leaf hashes.
/// Shares no code with what it checks.
/// </summary>
internal sealed class NaiveTree(IReadOnlyList<Digest> leafHashes) : ITreeHashSource
{
    private readonly Dictionary<(int, int), Digest> _roots = [];

    public static NaiveTree OfSize(int size) =>
        new([.. Enumerable.Range(0, size).Select(i => LeafOf(BitConverter.GetBytes(i)))]);

    public static Digest LeafOf(byte[] entry) => new(SHA256.HashData([0, .. entry]));

    public Digest Leaf(int index) => leafHashes[index];

    public Digest Root(int size) => Mth(0, size);

    /// <summary>PATH(m, D[n]).</summary>
    public Digest[] Path(int m, int n) => [.. Path(m, 0, n)];

    /// <summary>PROOF(m, D[n]) = SUBPROOF(m, D[n], true).</summary>
    public Digest[] Proof(int m, int n) => [.. SubProof(m, 0, n, true)];

    /// <summary>Fails for a subtree that is not complete inside the leaves.</summary>
    public Digest Read(int level, ulong index)
    {
        int width = 1 << level;
        int begin = checked((int)index * width);
        Assert.True(begin + width <= leafHashes.Count, "A node outside the tree was read.");
        return Mth(begin, begin + width);
    }

    private Digest Mth(int begin, int end)
    {
        int n = end - begin;
        if (n == 0) return new Digest(SHA256.HashData([]));
        if (n == 1) return leafHashes[begin];
        if (_roots.TryGetValue((begin, end), out Digest known)) return known;
        int k = Split(n);
        byte[] both =
            [1, .. Mth(begin, begin + k).AsSpan(), .. Mth(begin + k, end).AsSpan()];
        return _roots[(begin, end)] = new Digest(SHA256.HashData(both));
    }

    private IEnumerable<Digest> Path(int m, int begin, int end)
    {
        int n = end - begin;
        if (n == 1) return [];
        int k = Split(n);
        return m < k
            ? Path(m, begin, begin + k).Append(Mth(begin + k, end))
            : Path(m - k, begin + k, end).Append(Mth(begin, begin + k));
    }

    private IEnumerable<Digest> SubProof(int m, int begin, int end, bool whole)
    {
        int n = end - begin;
        if (m == n) return whole ? [] : [Mth(begin, end)];
        int k = Split(n);
        return m <= k
            ? SubProof(m, begin, begin + k, whole).Append(Mth(begin + k, end))
            : SubProof(m - k, begin + k, end, false).Append(Mth(begin, begin + k));
    }

    private static int Split(int n) => (int)BitOperations.RoundUpToPowerOf2((uint)n) / 2;
}
