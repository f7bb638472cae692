using Sequencer.Attestation.Merkle;
using Sequencer.Attestation.Notes;

namespace Sequencer.Attestation.Tests.Notes;

public class CheckpointTests
{
    private const string Root = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=";

    [Fact]
    public void The_vector_is_read_and_written_back()
    {
        Assert.True(Checkpoint.TryParse(Vectors.Bytes(Vectors.Text), out Checkpoint? read, out _));
        Assert.Equal(
            (Vectors.Origin, 8UL, Root), (read.Origin, read.Size, read.Root.ToBase64()));
        Assert.Equal(Vectors.Bytes(Vectors.Text), read.ToText());
        Assert.Equal(new Checkpoint(Vectors.Origin, 8, read.Root), read);
    }

    [Theory]
    [InlineData("", CheckpointRefusal.Malformed)]
    [InlineData("log\n8\n" + Root, CheckpointRefusal.Malformed)]
    [InlineData("log\n8\n", CheckpointRefusal.Malformed)]
    [InlineData("\n8\n" + Root + "\n", CheckpointRefusal.BadOrigin)]
    [InlineData("a log\n8\n" + Root + "\n", CheckpointRefusal.BadOrigin)]
    [InlineData("a+log\n8\n" + Root + "\n", CheckpointRefusal.BadOrigin)]
    [InlineData("a\u00a0log\n8\n" + Root + "\n", CheckpointRefusal.BadOrigin)]
    [InlineData("log\n08\n" + Root + "\n", CheckpointRefusal.BadSize)]
    [InlineData("log\n+8\n" + Root + "\n", CheckpointRefusal.BadSize)]
    [InlineData("log\n 8\n" + Root + "\n", CheckpointRefusal.BadSize)]
    [InlineData("log\n-8\n" + Root + "\n", CheckpointRefusal.BadSize)]
    [InlineData("log\n\n" + Root + "\n", CheckpointRefusal.BadSize)]
    [InlineData("log\n8\r\n" + Root + "\n", CheckpointRefusal.BadSize)]
    [InlineData("log\n9223372036854775808\n" + Root + "\n", CheckpointRefusal.BadSize)]
    [InlineData("log\n18446744073709551616\n" + Root + "\n", CheckpointRefusal.BadSize)]
    [InlineData("log\n8\nXcna\n", CheckpointRefusal.BadRoot)]
    [InlineData("log\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyh=\n",
        CheckpointRefusal.BadRoot)]
    [InlineData("log\n0\n" + Root + "\n", CheckpointRefusal.BadEmptyRoot)]
    [InlineData("log\n8\n" + Root + "\nmore\n", CheckpointRefusal.ExtensionLine)]
    [InlineData("log\n8\n" + Root + "\n\n", CheckpointRefusal.ExtensionLine)]
    public void Other_texts_are_refused_for_their_reason(string text, CheckpointRefusal expected)
    {
        Assert.False(Checkpoint.TryParse(Vectors.Bytes(text), out var read, out var refusal));
        Assert.Null(read);
        Assert.Equal(expected, refusal);
    }

    [Fact]
    public void A_flipped_bit_is_refused_or_is_another_checkpoints_only_text()
    {
        foreach (byte[] flipped in Seeded.OneBitFlips(Vectors.Bytes(Vectors.Text)))
        {
            if (!Checkpoint.TryParse(flipped, out Checkpoint? read, out _)) continue;
            Assert.Equal(flipped, read.ToText());
        }
    }

    [Fact]
    public void Random_checkpoints_to_the_largest_size_are_read_back()
    {
        var random = Seeded.Random(out _);
        for (int i = 0; i < 500; i++)
        {
            ulong size = (ulong)random.NextInt64() >> random.Next(64);
            Digest root = size == 0 ? TreeHash.EmptyRoot : new Digest(random.Bytes(32));
            var written = new Checkpoint($"log.example/{i}", size, root);
            Assert.True(Checkpoint.TryParse(written.ToText(), out Checkpoint? read, out _));
            Assert.Equal(written, read);
        }
        Assert.True(Checkpoint.TryParse(
            new Checkpoint("log", TreeHash.MaxSize, default).ToText(), out _, out _));
    }

    [Fact]
    public void What_no_reader_would_accept_is_not_made()
    {
        Assert.Throws<ArgumentException>(() => new Checkpoint("", 8, default));
        Assert.Throws<ArgumentException>(() => new Checkpoint("log", 0, default));
        Assert.Throws<ArgumentException>(() => new Checkpoint("log", 1UL << 63, default));
    }
}
