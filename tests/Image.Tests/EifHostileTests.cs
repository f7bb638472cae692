using System.Buffers.Binary;
using Sequencer.Attestation.Tests;
using Sequencer.Enclave.Image.Eif;

namespace Sequencer.Image.Tests;

public class EifHostileTests
{
    // Bytes of the header that are neither measured nor fixed: the architecture's bit, default
    // memory and default processors. Beside them only the metadata and a signature are free.
    private static bool IsUnmeasured(int bit, EifImage original)
    {
        int at = bit / 8;
        if (at is >= 8 and < 24) return true;
        if (at == 7 && bit % 8 == 0) return true;
        EifSection metadata = original.Sections[2];
        return at >= metadata.Offset + 12 && at < metadata.Offset + 12 + metadata.Data.Length;
    }

    [Fact]
    public void A_flipped_bit_anywhere_is_refused()
    {
        foreach (byte[] flipped in Seeded.OneBitFlips(TestImage.Bytes))
        {
            Assert.False(EifImage.TryParse(flipped, out EifImage? image, out EifRefusal? refusal));
            Assert.Null(image);
            Assert.InRange(refusal.Offset, 0, flipped.Length);
        }
    }

    [Fact]
    public void A_flipped_bit_under_a_right_checksum_is_refused_or_measured_but_for_what_is_listed()
    {
        EifImage original = TestImage.Read(TestImage.Bytes);
        int bit = 0;
        var unmeasured = 0;
        foreach (byte[] flipped in Seeded.OneBitFlips(TestImage.Bytes))
        {
            int at = bit++;
            if (at / 8 is >= TestImage.ChecksumAt and < TestImage.ChecksumAt + 4) continue;
            if (!EifImage.TryParse(TestImage.WithChecksum(flipped), out EifImage? image, out _))
            {
                continue;
            }
            bool isMeasured = !image.Measure().Pcr0.Span.SequenceEqual(
                original.Measure().Pcr0.Span);
            Assert.True(isMeasured != IsUnmeasured(at, original), $"bit {at}");
            if (!isMeasured) unmeasured++;
        }
        // All of them: 16 bytes of defaults, one flag and the metadata.
        Assert.Equal(16 * 8 + 1 + original.Metadata.Length * 8, unmeasured);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] file = TestImage.Bytes;
        for (int length = 0; length < file.Length; length++)
        {
            Assert.False(EifImage.TryParse(file.AsMemory(0, length), out _, out var refusal));
            Assert.InRange(refusal.Offset, 0, length + 548);
        }
    }

    [Theory]
    [InlineData(0, 2, 0x2e66, EifFault.Magic, 0)]
    [InlineData(4, 2, 3, EifFault.Version, 4)]
    [InlineData(6, 2, 2, EifFault.Flags, 6)]
    [InlineData(24, 2, 1, EifFault.Reserved, 24)]
    [InlineData(26, 2, 0, EifFault.SectionCount, 26)]
    [InlineData(26, 2, 33, EifFault.SectionCount, 26)]
    [InlineData(26, 2, 4, EifFault.Reserved, 60)]
    [InlineData(26, 2, 6, EifFault.SectionOffset, 68)]
    [InlineData(28, 8, 549, EifFault.SectionOffset, 28)]
    [InlineData(36, 8, long.MaxValue, EifFault.SectionOffset, 36)]
    [InlineData(284, 8, 9, EifFault.SectionSize, 284)]
    [InlineData(540, 4, 1, EifFault.Reserved, 540)]
    [InlineData(544, 4, 1, EifFault.Checksum, 544)]
    [InlineData(548, 2, 0, EifFault.SectionType, 548)]
    [InlineData(548, 2, 6, EifFault.SectionType, 548)]
    [InlineData(548, 2, 2, EifFault.SectionOrder, 548)]
    [InlineData(550, 2, 1, EifFault.Flags, 550)]
    public void Each_rule_names_itself_and_its_place(
        int at, int size, long value, EifFault fault, int offset)
    {
        byte[] file = TestImage.Bytes;
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        bytes[^size..].CopyTo(file.AsSpan(at));

        Assert.False(EifImage.TryParse(file, out _, out EifRefusal? refusal));

        Assert.Equal((fault, (long)offset), (refusal.Fault, refusal.Offset));
    }

    [Fact]
    public void A_size_that_no_file_has_is_refused_before_anything_is_taken()
    {
        byte[] file = TestImage.Bytes;
        BinaryPrimitives.WriteUInt64BigEndian(file.AsSpan(284), ulong.MaxValue);
        BinaryPrimitives.WriteUInt64BigEndian(file.AsSpan(552), ulong.MaxValue);

        Assert.False(EifImage.TryParse(file, out _, out EifRefusal? refusal));

        Assert.Equal(EifFault.Truncated, refusal.Fault);
    }

    [Fact]
    public void Bytes_behind_the_last_section_are_refused()
    {
        byte[] longer = TestImage.WithChecksum([.. TestImage.Bytes, 0]);
        Assert.False(EifImage.TryParse(longer, out _, out EifRefusal? refusal));
        Assert.Equal((EifFault.TrailingBytes, (long)longer.Length - 1), (refusal.Fault, refusal.Offset));
    }

    [Fact]
    public void Noise_is_refused_and_never_throws()
    {
        Random random = Seeded.Random(out int seed);
        byte[] good = TestImage.Bytes;
        for (int i = 0; i < 5000; i++)
        {
            byte[] noise = [.. good];
            for (int j = random.Next(1, 6); j > 0; j--)
            {
                noise[random.Next(noise.Length)] = (byte)random.Next(256);
            }
            byte[] cut = noise[..random.Next(noise.Length + 1)];
            bool isRead = EifImage.TryParse(cut, out EifImage? image, out EifRefusal? refusal);
            Assert.True(isRead == refusal is null && isRead == image is not null, $"seed {seed}");
        }
    }
}
