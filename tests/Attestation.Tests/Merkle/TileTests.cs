using System.Runtime.InteropServices;
using System.Text;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Tests.Merkle;

public class TileTests
{
    [Theory]
    [InlineData("tile/0/005", 0, 5UL, 256)]
    [InlineData("tile/0/000", 0, 0UL, 256)]
    [InlineData("tile/0/999", 0, 999UL, 256)]
    [InlineData("tile/1/x001/000", 1, 1000UL, 256)]
    [InlineData("tile/0/x001/x234/067", 0, 1234067UL, 256)]
    [InlineData("tile/0/x001/x234/067.p/5", 0, 1234067UL, 5)]
    [InlineData("tile/63/000.p/255", 63, 0UL, 255)]
    [InlineData("tile/entries/x001/x234/067.p/112", -1, 1234067UL, 112)]
    [InlineData("tile/entries/000", -1, 0UL, 256)]
    [InlineData("tile/0/x036/x028/x797/x018/x963/967", 0, 36028797018963967UL, 256)]
    public void A_path_and_its_coordinates_are_one(string text, int level, ulong index, int width)
    {
        TilePath expected = level < 0
            ? TilePath.Entries(index, width)
            : TilePath.Hashes(level, index, width);
        Assert.Equal(text, expected.ToString());
        Assert.True(TilePath.TryParse(text, out TilePath parsed));
        Assert.Equal(expected, parsed);
        Assert.Equal((level, index, width), (parsed.Level, parsed.Index, parsed.Width));
    }

    [Theory]
    [InlineData("")]
    [InlineData("tile")]
    [InlineData("tile/")]
    [InlineData("tile/0")]
    [InlineData("tile/0/")]
    [InlineData("/tile/0/000")]
    [InlineData("tile/0/000/")]
    [InlineData("Tile/0/000")]
    [InlineData("tile/00/000")]
    [InlineData("tile/01/000")]
    [InlineData("tile/64/000")]
    [InlineData("tile/-1/000")]
    [InlineData("tile/+1/000")]
    [InlineData("tile//000")]
    [InlineData("tile/data/000")]
    [InlineData("tile/0/0")]
    [InlineData("tile/0/00")]
    [InlineData("tile/0/0000")]
    [InlineData("tile/0/00a")]
    [InlineData("tile/0/x000/000")]
    [InlineData("tile/0/x000/x001/000")]
    [InlineData("tile/0/001/000")]
    [InlineData("tile/0/x001")]
    [InlineData("tile/0/x001/")]
    [InlineData("tile/0/x001/x000")]
    [InlineData("tile/0/X001/000")]
    [InlineData("tile/0/000.p")]
    [InlineData("tile/0/000.p/")]
    [InlineData("tile/0/000.p/0")]
    [InlineData("tile/0/000.p/05")]
    [InlineData("tile/0/000.p/256")]
    [InlineData("tile/0/000.p/5/")]
    [InlineData("tile/0/000.p/5.p/5")]
    [InlineData("tile/0/000.p/1000")]
    [InlineData("tile/0/000.p/ 5")]
    [InlineData("tile/0/\u0660\u0660\u0660")]
    [InlineData("tile/0/x036/x028/x797/x018/x963/968")]
    [InlineData("tile/0/x999/x999/x999/x999/x999/999")]
    [InlineData("tile/0/x018/x446/x744/x073/x709/x551/616")]
    [InlineData("tile/0/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/000")]
    public void Any_other_path_is_refused(string text)
    {
        Assert.False(TilePath.TryParse(text, out TilePath path));
        Assert.Equal(default, path);
    }

    [Fact]
    public void A_path_with_a_flipped_bit_is_refused_or_is_another_tiles_only_text()
    {
        foreach (string text in new[] { "tile/0/x001/x234/067.p/5", "tile/entries/x001/002" })
        {
            foreach (byte[] flipped in Seeded.OneBitFlips(Encoding.ASCII.GetBytes(text)))
            {
                string mutated = Encoding.Latin1.GetString(flipped);
                if (!TilePath.TryParse(mutated, out TilePath path)) continue;
                Assert.Equal(mutated, path.ToString());
            }
        }
    }

    [Fact]
    public void Coordinates_out_of_range_make_no_tile()
    {
        Assert.False(TilePath.TryCreate(-1, 0, 256, out _));
        Assert.False(TilePath.TryCreate(64, 0, 256, out _));
        Assert.False(TilePath.TryCreate(0, TilePath.MaxIndex + 1, 256, out _));
        Assert.False(TilePath.TryCreate(0, 0, 0, out _));
        Assert.False(TilePath.TryCreate(0, 0, 257, out _));
        Assert.True(TilePath.Hashes(63, TilePath.MaxIndex, 255).ToString().Length
            <= TilePath.MaxTextLength);
    }

    [Fact]
    public void A_tree_of_256_has_one_full_tile_and_a_partial_of_1_above()
    {
        Assert.Equal(["tile/0/000", "tile/1/000.p/1"], TilesOf(256));
    }

    [Fact]
    public void A_tree_of_70000_has_the_tiles_of_the_specifications_example()
    {
        string[] tiles = TilesOf(70000);
        Assert.Equal(273, tiles.Count(t => t.StartsWith("tile/0/") && !t.Contains(".p/")));
        Assert.Equal(
            ["tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"],
            tiles[273..]);
    }

    [Fact]
    public void An_empty_tree_has_no_tiles_and_no_new_leaf_makes_no_new_tile()
    {
        Assert.Empty(TilesOf(0));
        Assert.Empty(TileMath.NewTiles(70000, 70000));
    }

    [Fact]
    public void Tiles_written_for_each_growth_add_up_to_the_tiles_of_the_tree()
    {
        var random = Seeded.Random(out _);
        var written = new Dictionary<(int, ulong), int>();
        ulong size = 0;
        while (size < 200_000)
        {
            ulong next = size + (ulong)random.Next(1, 5000);
            foreach (TilePath tile in TileMath.NewTiles(size, next))
            {
                Assert.Equal(TileMath.Width(tile.Level, tile.Index, next), tile.Width);
                Assert.NotEqual(TileMath.Width(tile.Level, tile.Index, size), tile.Width);
                written[(tile.Level, tile.Index)] = tile.Width;
            }
            size = next;
            Assert.Equal(
                TileMath.NewTiles(0, size).ToDictionary(t => (t.Level, t.Index), t => t.Width),
                written);
        }
    }

    [Fact]
    public void Widths_are_those_of_the_formula()
    {
        Assert.Equal(256, TileMath.Width(0, 272, 70000));
        Assert.Equal(112, TileMath.Width(0, 273, 70000));
        Assert.Equal(0, TileMath.Width(0, 274, 70000));
        Assert.Equal(17, TileMath.PartialWidth(1, 70000));
        Assert.Equal(0, TileMath.Width(63, 0, TreeHash.MaxSize));
        Assert.Equal(127, TileMath.Width(7, 0, TreeHash.MaxSize));
    }

    [Fact]
    public void Every_complete_subtree_can_be_computed_from_one_tile()
    {
        const int Size = 1000;
        NaiveTree tree = NaiveTree.OfSize(Size);
        var tiles = new TileSource(tree, Size);
        for (int level = 0; level < 10; level++)
        {
            for (ulong index = 0; (index + 1) << level <= Size; index++)
            {
                Assert.Equal(tree.Read(level, index), tiles.Read(level, index));
            }
        }
    }

    [Fact]
    public void Proofs_made_from_tiles_verify()
    {
        const int Size = 1000;
        NaiveTree tree = NaiveTree.OfSize(Size);
        var tiles = new TileSource(tree, Size);
        for (ulong n = 0; n < Size; n++)
        {
            Assert.True(InclusionProof.Verify(
                n, Size, tree.Leaf((int)n), InclusionProof.Create(n, Size, tiles),
                tree.Root(Size)));
            Assert.True(ConsistencyProof.Verify(
                n, tree.Root((int)n), Size, tree.Root(Size),
                ConsistencyProof.Create(n, Size, tiles)));
        }
    }

    [Fact]
    public void A_tile_that_ends_before_a_node_is_an_error()
    {
        TileNode node = TileMath.Locate(3, 4);
        Assert.Equal(new TileNode(0, 0, 32, 8), node);
        Assert.Throws<ArgumentException>(() => node.Compute(new byte[39 * Digest.Size]));
    }

    private static string[] TilesOf(ulong size) =>
        [.. TileMath.NewTiles(0, size).Select(t => t.ToString())];

    /// <summary>Answers from the widest tiles of a tree, held as a store would hold them.</summary>
    private sealed class TileSource : ITreeHashSource
    {
        private readonly Dictionary<(int, ulong), byte[]> _tiles = [];

        public TileSource(NaiveTree tree, ulong size)
        {
            foreach (TilePath tile in TileMath.NewTiles(0, size))
            {
                var hashes = new Digest[tile.Width];
                for (int i = 0; i < tile.Width; i++)
                {
                    ulong index = (tile.Index * TilePath.FullWidth) + (ulong)i;
                    hashes[i] = tree.Read(tile.Level * TileMath.LevelsPerTile, index);
                }
                _tiles[(tile.Level, tile.Index)] = MemoryMarshal.AsBytes<Digest>(hashes).ToArray();
            }
        }

        public Digest Read(int level, ulong index)
        {
            TileNode node = TileMath.Locate(level, index);
            return node.Compute(_tiles[(node.TileLevel, node.TileIndex)]);
        }
    }
}
