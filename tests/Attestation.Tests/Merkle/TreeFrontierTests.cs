using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Tests.Merkle;

public class TreeFrontierTests
{
    private static readonly NaiveTree Tree = NaiveTree.OfSize(1100);

    [Fact]
    public void The_root_is_the_oracles_at_every_size_to_1100()
    {
        var frontier = new TreeFrontier();
        for (int size = 0; size <= 1100; size++)
        {
            Assert.Equal((ulong)size, frontier.Size);
            Assert.Equal(Tree.Root(size), frontier.Root());
            if (size < 1100) frontier.Append(Tree.Leaf(size));
        }
    }

    [Fact]
    public void A_restored_frontier_continues_as_the_one_it_was_taken_from()
    {
        var frontier = new TreeFrontier();
        for (int size = 0; size < 300; size++)
        {
            var hashes = new Digest[frontier.HashCount];
            Assert.Equal(hashes.Length, frontier.CopyHashesTo(hashes));
            Assert.True(TreeFrontier.TryRestore((ulong)size, hashes, out TreeFrontier restored));
            Assert.Equal(frontier.Root(), restored.Root());
            frontier.Append(Tree.Leaf(size));
            restored.Append(Tree.Leaf(size));
            Assert.Equal(frontier.Root(), restored.Root());
            Assert.Equal(frontier.Size, restored.Size);
        }
    }

    [Fact]
    public void A_restore_with_a_wrong_number_of_hashes_or_too_large_a_size_is_refused()
    {
        Assert.False(TreeFrontier.TryRestore(5, new Digest[1], out _));
        Assert.False(TreeFrontier.TryRestore(5, new Digest[3], out _));
        Assert.False(TreeFrontier.TryRestore(0, new Digest[1], out _));
        Assert.False(TreeFrontier.TryRestore(1UL << 63, new Digest[1], out _));
    }

    [Fact]
    public void A_clone_goes_its_own_way()
    {
        var frontier = new TreeFrontier();
        for (int i = 0; i < 7; i++) frontier.Append(Tree.Leaf(i));
        TreeFrontier clone = frontier.Clone();
        clone.Append(Tree.Leaf(7));
        Assert.Equal(Tree.Root(7), frontier.Root());
        Assert.Equal(Tree.Root(8), clone.Root());
    }

    [Fact]
    public void A_full_tree_takes_no_leaf_and_keeps_its_root()
    {
        var hashes = new Digest[63];
        Assert.True(TreeFrontier.TryRestore(TreeHash.MaxSize, hashes, out TreeFrontier full));
        Digest root = full.Root();
        Assert.Throws<InvalidOperationException>(() => full.Append(Tree.Leaf(0)));
        Assert.Equal(root, full.Root());
    }

    [Fact]
    public void An_append_allocates_nothing()
    {
        var frontier = new TreeFrontier();
        Digest leaf = Tree.Leaf(0);
        frontier.Append(leaf);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++) frontier.Append(leaf);
        if (Sequencer.Attestation.Cryptography.Sha256.IsNative)
        {
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        }
    }
}
