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

    [Theory]
    [InlineData("commit-frame.hex")]
    [InlineData("payload-frame.hex")]
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
