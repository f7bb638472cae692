using Sequencer.Attestation.Log;
using Sequencer.Tests;

namespace Sequencer.Attestation.Tests.Log;

/// <summary>The frames of section 15 against the golden bytes of tests/golden.</summary>
public class GoldenFrameTests
{
    private static ReadOnlySpan<byte> Records => [0, 3, 1, 2, 3, 0, 2, 4, 5];

    [Fact]
    public void A_commit_frame_has_its_golden_bytes()
    {
        ReadOnlySpan<byte> checkpoint = "checkpoint\n"u8;
        var frame = new byte[CommitFrame.Length(Records.Length, 2, checkpoint.Length)];
        CommitFrame.Write(frame, 7, Records, [CommitFrame.NoPayload, 0x0102], checkpoint);
        GoldenBytes.AssertEqual("commit-frame.hex", frame);

        Assert.Equal(FrameStatus.Whole, CommitFrame.TryRead(frame, out CommitFrame read, out int length));
        Assert.Equal(frame.Length, length);
        Assert.Equal(7UL, read.FirstNumber);
        Assert.Equal(2, read.Count);
        Assert.Equal(0x0102UL, read.PayloadOffset(1));
        Assert.True(read.Records.SequenceEqual(Records));
        Assert.True(read.Checkpoint.SequenceEqual(checkpoint));
    }

    [Fact]
    public void A_payload_frame_has_its_golden_bytes()
    {
        var frame = new byte[PayloadFrame.Length(3, 5, 2)];
        PayloadFrame.Write(frame, [1, 2, 3], [1, 0, 0, 0, 0], "hi"u8);
        GoldenBytes.AssertEqual("payload-frame.hex", frame);

        Assert.Equal(FrameStatus.Whole, PayloadFrame.TryRead(frame, out PayloadFrame read, out _));
        Assert.True(read.Payload.SequenceEqual("hi"u8));
    }

    [Fact]
    public void A_salted_frame_and_the_erased_ones_have_their_golden_bytes()
    {
        byte[] salt = [.. Enumerable.Range(1, Limits.SaltBytes).Select(i => (byte)i)];
        var salted = new byte[PayloadFrame.Length(3, 5, 2, salt.Length)];
        PayloadFrame.Write(salted, [1, 2, 3], [1, 0, 0, 0, 0], "hi"u8, salt);
        GoldenBytes.AssertEqual("payload-frame-salted.hex", salted);
        Assert.Equal(
            FrameStatus.Whole, PayloadFrame.TryRead(salted, out PayloadFrame read, out int length));
        Assert.Equal(salted.Length, length);
        Assert.True(read.Salt.SequenceEqual(salt));
        Assert.True(read.Payload.SequenceEqual("hi"u8));
        Assert.False(read.IsErased);

        byte[] plain = GoldenBytes.Read("payload-frame.hex");
        PayloadFrame.Erase(plain);
        GoldenBytes.AssertEqual("payload-frame-erased.hex", plain);
        PayloadFrame.Erase(salted);
        GoldenBytes.AssertEqual("payload-frame-salted-erased.hex", salted);
        foreach (byte[] erased in new[] { plain, salted })
        {
            Assert.Equal(
                FrameStatus.Whole, PayloadFrame.TryRead(erased, out PayloadFrame gone, out _));
            Assert.True(gone.IsErased);
            Assert.True(gone.Request.SequenceEqual<byte>([1, 2, 3]));
            Assert.True(gone.Metadata.SequenceEqual<byte>([1, 0, 0, 0, 0]));
            Assert.Equal(2, gone.Payload.Length);
            Assert.False(gone.Payload.ContainsAnyExcept((byte)0));
            Assert.False(gone.Salt.ContainsAnyExcept((byte)0));
        }
    }

    [Theory]
    [InlineData("payload-frame.hex", "payload-frame-erased.hex")]
    [InlineData("payload-frame-salted.hex", "payload-frame-salted-erased.hex")]
    public void An_erasure_that_was_cut_short_anywhere_is_done_again(string name, string erasedName)
    {
        byte[] before = GoldenBytes.Read(name);
        byte[] after = GoldenBytes.Read(erasedName);
        // Whatever of the bytes got to the disk: each cut, from either end.
        for (int cut = 0; cut <= before.Length; cut++)
        {
            foreach (byte[] torn in new byte[][]
                { [.. before[..cut], .. after[cut..]], [.. after[..cut], .. before[cut..]] })
            {
                PayloadFrame.TryRead(torn, out PayloadFrame frame, out int length);
                Assert.Equal(before.Length, length);
                bool isWhole = torn.AsSpan().SequenceEqual(before)
                    || torn.AsSpan().SequenceEqual(after);
                Assert.Equal(isWhole, !frame.Request.IsEmpty);
                PayloadFrame.Erase(torn);
                Assert.Equal(after, torn);
            }
        }
    }

    [Fact]
    public void An_erased_frame_that_is_not_all_zeros_is_not_whole_whatever_its_checksum()
    {
        byte[] frame = GoldenBytes.Read("payload-frame.hex");
        frame[2] = (byte)'X';
        // The checksum that a forger makes anew, in place of that over zeros.
        frame.AsSpan(16, 4).Clear();
        uint crc = uint.MaxValue;
        foreach (byte b in frame) crc = System.Numerics.BitOperations.Crc32C(crc, b);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(16), ~crc);
        Assert.Equal(FrameStatus.Damaged, PayloadFrame.TryRead(frame, out _, out _));
    }

    [Fact]
    public void What_is_not_one_frame_is_not_erased()
    {
        byte[] frame = GoldenBytes.Read("payload-frame.hex");
        Assert.Throws<ArgumentException>(() => PayloadFrame.Erase(frame.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => PayloadFrame.Erase(frame.AsSpan(..^1)));
        Assert.Throws<ArgumentException>(() => PayloadFrame.Erase([.. frame, 0]));
        Assert.Throws<ArgumentException>(
            () => PayloadFrame.Write(new byte[99], [1], [2], "hi"u8, new byte[31]));
    }

    [Theory]
    [InlineData("commit-frame.hex")]
    [InlineData("payload-frame.hex")]
    [InlineData("payload-frame-salted.hex")]
    [InlineData("payload-frame-erased.hex")]
    [InlineData("payload-frame-salted-erased.hex")]
    public void A_frame_with_any_bit_flipped_is_not_whole(string name)
    {
        byte[] frame = GoldenBytes.Read(name);
        for (int bit = 0; bit < 8 * frame.Length; bit++)
        {
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
            FrameStatus status = name.StartsWith('c')
                ? CommitFrame.TryRead(frame, out _, out _)
                : PayloadFrame.TryRead(frame, out _, out _);
            Assert.NotEqual(FrameStatus.Whole, status);
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }
}
