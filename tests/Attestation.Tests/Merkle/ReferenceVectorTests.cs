using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Tests.Merkle;

/// <summary>The eight leaves of the Certificate Transparency reference implementation.</summary>
public class ReferenceVectorTests
{
    private static readonly string[] Entries =
    [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];

    private static readonly string[] Roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    private static readonly NaiveTree Tree =
        new([.. Entries.Select(e => TreeHash.Leaf(Convert.FromHexString(e)))]);

    [Fact]
    public void Roots_of_sizes_0_to_8_are_the_reference_roots()
    {
        var frontier = new TreeFrontier();
        Assert.Equal(Roots[0], frontier.Root().ToHex());
        for (int i = 0; i < Entries.Length; i++)
        {
            frontier.Append(Tree.Leaf(i));
            Assert.Equal(Roots[i + 1], frontier.Root().ToHex());
        }
    }

    [Fact]
    public void Inclusion_of_leaf_5_in_8_is_the_reference_path()
    {
        Digest[] path = InclusionProof.Create(5, 8, Tree);
        Assert.Equal(
            [
                "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
                "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
                "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
            ],
            path.Select(h => h.ToBase64()));
        Assert.True(InclusionProof.Verify(5, 8, Tree.Leaf(5), path, Root(8)));
    }

    [Fact]
    public void Consistency_of_4_and_8_is_the_reference_path()
    {
        Digest[] path = ConsistencyProof.Create(4, 8, Tree);
        Assert.Equal(
            ["a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ="], path.Select(h => h.ToBase64()));
        Assert.True(ConsistencyProof.Verify(4, Root(4), 8, Root(8), path));
    }

    [Fact]
    public void Consistency_of_3_and_7_is_the_reference_path()
    {
        Digest[] path = ConsistencyProof.Create(3, 7, Tree);
        Assert.Equal(
            [
                "ApjRIpBtz8EIkstTpzmS/FufST6kybrbJ7eRtBJ6f+c=",
                "B1Bqhf2d0vEg62lPhgEeW7RmLlxBWmKRcDPUqWJEh+c=",
                "+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=",
                "g327FS6bB5AQcX6E6GXaTrwPoZioBtWdMb8VrM7yLQ4=",
            ],
            path.Select(h => h.ToBase64()));
        Assert.True(ConsistencyProof.Verify(3, Root(3), 7, Root(7), path));
    }

    private static Digest Root(int size)
    {
        Assert.True(Digest.TryParseHex(Roots[size], out Digest root));
        return root;
    }
}
