using System.Text;
using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Tests.Notes;

public class TlogProofTests
{
    private const string Path =
        "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n"
        + "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=\n"
        + "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=\n";

    private const string First = "c2sp.org/tlog-proof@v1\n";
    private const string End = "\n" + Vectors.NoteText;
    private const string Proof = First + "extra aGk=\nindex 5\n" + Path + End;

    [Fact]
    public void The_vector_is_read_verified_and_written_back()
    {
        Assert.True(TlogProof.TryParse(Vectors.Bytes(Proof), out TlogProof? proof, out _));
        Assert.Equal("hi"u8.ToArray(), proof.Extra.ToArray());
        Assert.Equal(Vectors.Bytes(Proof), proof.ToBytes());
        Assert.True(Checkpoint.TryParse(proof.Checkpoint.Text.Span, out Checkpoint? head, out _));
        Assert.True(InclusionProof.Verify(
            proof.Index, head.Size, TreeHash.Leaf([0x40, 0x41, 0x42, 0x43]), [.. proof.Path],
            head.Root));
    }

    [Theory]
    [InlineData("", TlogProofRefusal.Malformed)]
    [InlineData("c2sp.org/tlog-proof@v2\nindex 5\n" + End, TlogProofRefusal.Malformed)]
    [InlineData(First + "index 5\n", TlogProofRefusal.Malformed)]
    [InlineData(First + End, TlogProofRefusal.Malformed)]
    [InlineData(First + "extra aGk=\n" + End, TlogProofRefusal.Malformed)]
    [InlineData(First + "Index 5\n" + End, TlogProofRefusal.Malformed)]
    [InlineData(First + "extra aGk=\nextra aGk=\nindex 5\n" + End, TlogProofRefusal.Malformed)]
    [InlineData(First + "extra \nindex 5\n" + End, TlogProofRefusal.BadExtra)]
    [InlineData(First + "extra aGl=\nindex 5\n" + End, TlogProofRefusal.BadExtra)]
    [InlineData(First + "extra  aGk=\nindex 5\n" + End, TlogProofRefusal.BadExtra)]
    [InlineData(First + "index 05\n" + End, TlogProofRefusal.BadIndex)]
    [InlineData(First + "index \n" + End, TlogProofRefusal.BadIndex)]
    [InlineData(First + "index 5 \n" + End, TlogProofRefusal.BadIndex)]
    [InlineData(First + "index 9223372036854775807\n" + End, TlogProofRefusal.BadIndex)]
    [InlineData(First + "index 5\nextra aGk=\n" + End, TlogProofRefusal.BadPath)]
    [InlineData(First + "index 5\nvBoG\n" + End, TlogProofRefusal.BadPath)]
    [InlineData(First + "index 5\n" + Path + "\n" + Vectors.Text, TlogProofRefusal.BadNote)]
    public void Other_bytes_are_refused_for_their_reason(string text, TlogProofRefusal expected)
    {
        Assert.False(TlogProof.TryParse(Vectors.Bytes(text), out var proof, out var refusal));
        Assert.Null(proof);
        Assert.Equal(expected, refusal);
    }

    [Fact]
    public void A_flipped_bit_is_refused_or_is_another_proofs_only_encoding()
    {
        foreach (byte[] flipped in Seeded.OneBitFlips(Vectors.Bytes(Proof)))
        {
            if (!TlogProof.TryParse(flipped, out TlogProof? proof, out _)) continue;
            Assert.Equal(flipped, proof.ToBytes());
        }
    }

    [Fact]
    public void Every_cut_is_refused()
    {
        byte[] bytes = Vectors.Bytes(Proof);
        int secondLine = Encoding.UTF8.GetByteCount(Vectors.WitnessLine);
        for (int length = 0; length < bytes.Length; length++)
        {
            bool wholeLines = length == bytes.Length - secondLine;
            Assert.Equal(wholeLines, TlogProof.TryParse(bytes.AsSpan(0, length), out _, out _));
        }
    }

    [Fact]
    public void Random_proofs_to_the_limits_are_read_back()
    {
        var random = Seeded.Random(out _);
        SignedNote note = Vectors.Note(Vectors.NoteText);
        for (int count = 0; count <= TreeHash.MaxInclusionPath; count++)
        {
            Digest[] path =
                [.. Enumerable.Range(0, count).Select(_ => new Digest(random.Bytes(32)))];
            byte[] extra = random.Bytes(count == 63 ? TlogProof.MaxExtraBytes : random.Next(50));
            ulong index = TreeHash.MaxSize - 1 - (ulong)random.Next(2);
            byte[] bytes = TlogProof.Create(index, path, note, extra).ToBytes();
            Assert.True(TlogProof.TryParse(bytes, out TlogProof? read, out _));
            Assert.Equal(bytes, read.ToBytes());
            Assert.Equal(path, read.Path);
            Assert.Equal(extra, read.Extra.ToArray());
            Assert.Equal(index, read.Index);
        }
    }

    [Fact]
    public void Parts_above_the_limits_are_a_callers_error_and_refused_in_bytes()
    {
        SignedNote note = Vectors.Note(Vectors.NoteText);
        Assert.Throws<ArgumentException>(() => TlogProof.Create(0, new Digest[64], note));
        Assert.Throws<ArgumentException>(() => TlogProof.Create(TreeHash.MaxSize, [], note));
        Assert.Throws<ArgumentException>(
            () => TlogProof.Create(0, [], note, new byte[TlogProof.MaxExtraBytes + 1]));

        string tooMany = string.Concat(Enumerable.Repeat(default(Digest).ToBase64() + "\n", 64));
        Assert.False(TlogProof.TryParse(
            Vectors.Bytes(First + "index 5\n" + tooMany + End), out _, out var refusal));
        Assert.Equal(TlogProofRefusal.BadPath, refusal);
        Assert.False(TlogProof.TryParse(new byte[TlogProof.MaxBytes + 1], out _, out refusal));
        Assert.Equal(TlogProofRefusal.TooLong, refusal);
    }
}
