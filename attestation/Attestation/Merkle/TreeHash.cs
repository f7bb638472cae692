using Sequencer.Attestation.Cryptography;

namespace Sequencer.Attestation.Merkle;

/// <summary>
/// The hashes of an RFC 6962 section 2.1 tree over SHA-256. The two prefixes keep a leaf from ever
/// being taken for an inner node.
/// </summary>
public static class TreeHash
{
    /// <summary>
    /// Largest tree, in leaves: 2^63 - 1. Other readers of checkpoints hold sizes in signed 64-bit
    /// integers; and every index and shift below stays inside 64 bits.
    /// </summary>
    public const ulong MaxSize = long.MaxValue;

    /// <summary>Longest inclusion path of a tree of <see cref="MaxSize"/>, in hashes.</summary>
    public const int MaxInclusionPath = 63;

    /// <summary>Longest consistency path: one more, the subtree that both share.</summary>
    public const int MaxConsistencyPath = 64;

    private static ReadOnlySpan<byte> LeafPrefix => [0x00];

    private static ReadOnlySpan<byte> NodePrefix => [0x01];

    /// <summary>The root of a tree without leaves: SHA-256 of no bytes.</summary>
    public static Digest EmptyRoot { get; } = Sha256.Hash(default);

    /// <summary>The hash of one entry: SHA-256(0x00 || entry).</summary>
    public static Digest Leaf(ReadOnlySpan<byte> entry) => Sha256.Hash(LeafPrefix, entry);

    /// <summary>The hash of an inner node: SHA-256(0x01 || left || right).</summary>
    public static Digest Node(in Digest left, in Digest right) =>
        Sha256.Hash(NodePrefix, left.AsSpan(), right.AsSpan());
}
