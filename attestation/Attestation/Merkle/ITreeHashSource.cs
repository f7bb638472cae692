namespace Sequencer.Attestation.Merkle;

/// <summary>Where the creation of a proof reads its hashes: tiles, memory, a file.</summary>
public interface ITreeHashSource
{
    /// <summary>
    /// The root of the complete subtree over the leaves
    /// [<paramref name="index"/> * 2^<paramref name="level"/>,
    /// (<paramref name="index"/> + 1) * 2^<paramref name="level"/>); level 0 is a leaf hash.
    /// Only subtrees inside the tree are asked for.
    /// </summary>
    Digest Read(int level, ulong index);
}
