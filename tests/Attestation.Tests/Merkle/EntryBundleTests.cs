using System.Buffers;
using Sequencer.Attestation.Merkle;

namespace Sequencer.Attestation.Tests.Merkle;

public class EntryBundleTests
{
    [Fact]
    public void A_bundle_is_the_entries_each_after_its_length()
    {
        Assert.Equal("0000000161000268690003616263", Convert.ToHexStringLower(
            Bundle([], "a"u8.ToArray(), "hi"u8.ToArray(), "abc"u8.ToArray())));
    }

    [Fact]
    public void What_was_written_is_read_back_to_the_last_byte()
    {
        var random = Seeded.Random(out _);
        for (int round = 0; round < 200; round++)
        {
            int written = random.Next(257);
            byte[][] entries =
                [.. Enumerable.Range(0, written).Select(_ => random.Bytes(random.Next(300)))];
            byte[] bundle = Bundle(entries);
            Assert.True(EntryBundle.TryCount(bundle, out int count));
            Assert.Equal(entries.Length, count);
            ReadOnlySpan<byte> rest = bundle;
            foreach (byte[] expected in entries)
            {
                Assert.True(EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> entry));
                Assert.Equal(expected, entry);
            }
            Assert.True(rest.IsEmpty);
        }
    }

    [Fact]
    public void A_cut_bundle_is_refused_and_the_failed_read_takes_nothing()
    {
        byte[] bundle = Bundle("abc"u8.ToArray());
        for (int length = 1; length < bundle.Length; length++)
        {
            ReadOnlySpan<byte> cut = bundle.AsSpan(0, length);
            Assert.False(EntryBundle.TryCount(cut, out _));
            Assert.False(EntryBundle.TryRead(ref cut, out ReadOnlySpan<byte> entry));
            Assert.Equal(length, cut.Length);
            Assert.True(entry.IsEmpty);
        }
    }

    [Fact]
    public void A_bundle_with_a_flipped_bit_is_refused_or_writes_back_the_same()
    {
        foreach (byte[] flipped in Seeded.OneBitFlips(Bundle([], [1], [2, 3])))
        {
            if (!EntryBundle.TryCount(flipped, out int count)) continue;
            var again = new ArrayBufferWriter<byte>();
            ReadOnlySpan<byte> rest = flipped;
            for (int i = 0; i < count; i++)
            {
                Assert.True(EntryBundle.TryRead(ref rest, out ReadOnlySpan<byte> entry));
                EntryBundle.Write(again, entry);
            }
            Assert.Equal(flipped, again.WrittenSpan);
        }
    }

    [Fact]
    public void Limits_are_exact()
    {
        Assert.True(EntryBundle.TryCount(Bundle(new byte[65535]), out _));
        Assert.Throws<ArgumentException>(() => Bundle(new byte[65536]));
        Assert.True(EntryBundle.TryCount(new byte[512], out int count));
        Assert.Equal(256, count);
        Assert.False(EntryBundle.TryCount(new byte[514], out _));
    }

    private static byte[] Bundle(params byte[][] entries)
    {
        var writer = new ArrayBufferWriter<byte>();
        foreach (byte[] entry in entries) EntryBundle.Write(writer, entry);
        return writer.WrittenSpan.ToArray();
    }
}
