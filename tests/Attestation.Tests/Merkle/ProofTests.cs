using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Tests.Merkle;

public class ProofTests
{
    private const int MaxSize = 256;
    private static readonly NaiveTree Tree = NaiveTree.OfSize(MaxSize);

    [Fact]
    public void Every_leaf_of_every_tree_to_256_has_the_oracles_path_and_verifies()
    {
        for (int size = 1; size <= MaxSize; size++)
        {
            Digest root = Tree.Root(size);
            for (int index = 0; index < size; index++)
            {
                Digest[] path = InclusionProof.Create((ulong)index, (ulong)size, Tree);
                Assert.Equal(Tree.Path(index, size), path);
                Assert.True(InclusionProof.Verify(
                    (ulong)index, (ulong)size, Tree.Leaf(index), path, root));
            }
        }
    }

    [Fact]
    public void Every_pair_of_trees_to_256_has_the_oracles_path_and_verifies()
    {
        for (int newer = 0; newer <= MaxSize; newer++)
        {
            Digest root = Tree.Root(newer);
            for (int older = 0; older <= newer; older++)
            {
                Digest[] path = ConsistencyProof.Create((ulong)older, (ulong)newer, Tree);
                if (older > 0) Assert.Equal(Tree.Proof(older, newer), path);
                else Assert.Empty(path);
                Assert.True(ConsistencyProof.Verify(
                    (ulong)older, Tree.Root(older), (ulong)newer, root, path));
            }
        }
    }

    [Fact]
    public void A_path_verifies_at_no_other_index_of_its_tree()
    {
        for (int size = 1; size <= 40; size++)
        {
            for (int index = 0; index < size; index++)
            {
                Digest[] path = Tree.Path(index, size);
                for (int other = 0; other <= size; other++)
                {
                    Assert.Equal(other == index, InclusionProof.Verify(
                        (ulong)other, (ulong)size, Tree.Leaf(index), path, Tree.Root(size)));
                }
            }
        }
    }

    [Fact]
    public void A_path_verifies_against_the_root_of_no_other_size()
    {
        for (int size = 1; size <= 40; size++)
        {
            for (int index = 0; index < size; index++)
            {
                Digest[] path = Tree.Path(index, size);
                for (int other = 0; other <= 41; other++)
                {
                    Assert.Equal(other == size, InclusionProof.Verify(
                        (ulong)index, (ulong)other, Tree.Leaf(index), path, Tree.Root(other)));
                }
            }
        }
    }

    [Fact]
    public void An_inclusion_path_of_another_length_is_refused()
    {
        for (int size = 1; size <= 70; size++)
        {
            Digest root = Tree.Root(size);
            for (int index = 0; index < size; index++)
            {
                Digest leaf = Tree.Leaf(index);
                Digest[] path = Tree.Path(index, size);
                Assert.False(InclusionProof.Verify(
                    (ulong)index, (ulong)size, leaf, [.. path, default], root));
                if (path.Length == 0) continue;
                Assert.False(InclusionProof.Verify(
                    (ulong)index, (ulong)size, leaf, path.AsSpan(1), root));
                Assert.False(InclusionProof.Verify(
                    (ulong)index, (ulong)size, leaf, path.AsSpan(..^1), root));
            }
        }
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(5, 8)]
    [InlineData(6, 7)]
    [InlineData(12, 13)]
    public void No_inclusion_proof_survives_a_flipped_bit(int index, int size)
    {
        Digest[] path = Tree.Path(index, size);
        Digest leaf = Tree.Leaf(index);
        Digest root = Tree.Root(size);
        foreach (byte[] bytes in Seeded.OneBitFlips(Join([leaf, root, .. path])))
        {
            Digest[] flipped = Split(bytes);
            Assert.False(InclusionProof.Verify(
                (ulong)index, (ulong)size, flipped[0], flipped.AsSpan(2), flipped[1]));
        }
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 7)]
    [InlineData(4, 8)]
    [InlineData(6, 13)]
    [InlineData(7, 7)]
    public void No_consistency_proof_survives_a_flipped_bit(int older, int newer)
    {
        Digest[] path = Tree.Proof(older, newer);
        foreach (byte[] bytes in
            Seeded.OneBitFlips(Join([Tree.Root(older), Tree.Root(newer), .. path])))
        {
            Digest[] flipped = Split(bytes);
            Assert.False(ConsistencyProof.Verify(
                (ulong)older, flipped[0], (ulong)newer, flipped[1], flipped.AsSpan(2)));
        }
    }

    [Fact]
    public void A_consistency_path_of_another_length_is_refused()
    {
        for (int newer = 0; newer <= 40; newer++)
        {
            for (int older = 0; older <= newer; older++)
            {
                Digest[] path = ConsistencyProof.Create((ulong)older, (ulong)newer, Tree);
                Digest from = Tree.Root(older), to = Tree.Root(newer);
                Assert.False(ConsistencyProof.Verify(
                    (ulong)older, from, (ulong)newer, to, [.. path, default]));
                if (path.Length == 0) continue;
                Assert.False(ConsistencyProof.Verify(
                    (ulong)older, from, (ulong)newer, to, path.AsSpan(1)));
                Assert.False(ConsistencyProof.Verify(
                    (ulong)older, from, (ulong)newer, to, path.AsSpan(..^1)));
            }
        }
    }

    [Fact]
    public void A_consistency_path_verifies_for_no_other_pair_of_sizes_with_its_roots()
    {
        for (int newer = 1; newer <= 24; newer++)
        {
            for (int older = 1; older < newer; older++)
            {
                Digest[] path = Tree.Proof(older, newer);
                for (int other = 0; other <= 25; other++)
                {
                    if (other != older)
                    {
                        Assert.False(ConsistencyProof.Verify(
                            (ulong)other, Tree.Root(other), (ulong)newer, Tree.Root(newer),
                            other == 0 || other == newer ? [.. path, default] : path));
                    }
                    if (other == newer || other == older) continue;
                    Assert.False(ConsistencyProof.Verify(
                        (ulong)older, Tree.Root(older), (ulong)other, Tree.Root(other), path));
                }
            }
        }
    }

    [Fact]
    public void A_fork_has_no_consistency_proof_made_of_the_other_branch()
    {
        Digest[] leaves = [.. Enumerable.Range(0, 16).Select(Tree.Leaf)];
        for (int changed = 0; changed < 9; changed++)
        {
            Digest[] forked = [.. leaves];
            forked[changed] = NaiveTree.LeafOf([9, 9]);
            var fork = new NaiveTree(forked);
            Digest[] path = fork.Proof(9, 16);
            Assert.True(ConsistencyProof.Verify(9, fork.Root(9), 16, fork.Root(16), path));
            Assert.False(ConsistencyProof.Verify(9, Tree.Root(9), 16, fork.Root(16), path));
        }
    }

    [Fact]
    public void The_empty_tree_is_consistent_with_every_tree_by_an_empty_path_and_its_own_root()
    {
        Assert.True(ConsistencyProof.Verify(0, TreeHash.EmptyRoot, 5, Tree.Root(5), []));
        Assert.True(ConsistencyProof.Verify(0, TreeHash.EmptyRoot, 0, TreeHash.EmptyRoot, []));
        Assert.False(ConsistencyProof.Verify(0, default, 5, Tree.Root(5), []));
        Assert.False(ConsistencyProof.Verify(0, Tree.Root(5), 0, Tree.Root(5), []));
        Assert.False(ConsistencyProof.Verify(0, TreeHash.EmptyRoot, 0, Tree.Root(5), []));
    }

    [Fact]
    public void Equal_sizes_need_equal_roots_and_an_older_tree_is_never_the_larger()
    {
        Assert.True(ConsistencyProof.Verify(7, Tree.Root(7), 7, Tree.Root(7), []));
        Assert.False(ConsistencyProof.Verify(7, Tree.Root(7), 7, Tree.Root(8), []));
        Assert.False(ConsistencyProof.Verify(8, Tree.Root(8), 7, Tree.Root(7), []));
    }

    [Fact]
    public void Sizes_and_indexes_at_the_limits_are_refused_or_exact()
    {
        Assert.False(InclusionProof.Verify(0, 0, default, [], TreeHash.EmptyRoot));
        Assert.False(InclusionProof.Verify(1, 1, default, [], default));
        Assert.False(InclusionProof.Verify(
            0, TreeHash.MaxSize + 1, default, new Digest[63], default));
        Assert.False(InclusionProof.Verify(
            ulong.MaxValue - 1, ulong.MaxValue, default, new Digest[63], default));
        Assert.False(ConsistencyProof.Verify(1, default, ulong.MaxValue, default, new Digest[64]));

        Assert.Equal(TreeHash.MaxInclusionPath, InclusionProof.PathLength(0, TreeHash.MaxSize));
        Assert.Equal(
            TreeHash.MaxConsistencyPath, ConsistencyProof.PathLength(3, TreeHash.MaxSize));
        Assert.Equal(62, InclusionProof.PathLength(TreeHash.MaxSize - 1, TreeHash.MaxSize));
        Assert.Throws<ArgumentOutOfRangeException>(() => InclusionProof.Create(3, 3, Tree));
        Assert.Throws<ArgumentOutOfRangeException>(() => ConsistencyProof.Create(4, 3, Tree));
    }

    private static byte[] Join(Digest[] hashes) => [.. hashes.SelectMany(h => h.ToArray())];

    private static Digest[] Split(byte[] bytes) =>
        [.. bytes.Chunk(Digest.Size).Select(b => new Digest(b))];
}
