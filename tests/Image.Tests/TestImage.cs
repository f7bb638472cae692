using System.Buffers.Binary;
using System.Text;
using Sequencer.Enclave.Image.Eif;

namespace Sequencer.Image.Tests;

/// <summary>The image of tests/golden, as content and as bytes.</summary>
internal static class TestImage
{
    public const int ChecksumAt = 544;

    public static EifContent Content => new()
    {
        Architecture = EifArchitecture.X64,
        DefaultMemoryBytes = 512 << 20,
        DefaultProcessors = 2,
        Kernel = Utf8("a kernel"),
        CommandLine = "console=ttyS0",
        Metadata = Utf8("""{"ImageName":"golden"}"""),
        Ramdisks = [Utf8("first ramdisk"), Utf8("second ramdisk")],
    };

    public static byte[] Bytes => Sequencer.Tests.GoldenBytes.Read("image.hex");

    public static EifImage Read(byte[] file)
    {
        bool isRead = EifImage.TryParse(file, out EifImage? image, out EifRefusal? refusal);
        Assert.True(isRead, $"{refusal}");
        return image!;
    }

    /// <summary>Makes the checksum right again, as whoever changes a file on purpose would.</summary>
    public static byte[] WithChecksum(byte[] file)
    {
        byte[] fixedUp = [.. file];
        uint crc = Crc(fixedUp.AsSpan(0, ChecksumAt), 0xffffffff);
        crc = Crc(fixedUp.AsSpan(548), crc);
        BinaryPrimitives.WriteUInt32BigEndian(fixedUp.AsSpan(ChecksumAt), ~crc);
        return fixedUp;
    }

    public static string Hex(ReadOnlyMemory<byte> bytes) =>
        Convert.ToHexStringLower(bytes.Span);

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    // Bit by bit, unlike the code under test.
    private static uint Crc(ReadOnlySpan<byte> bytes, uint state)
    {
        foreach (byte value in bytes)
        {
            state ^= value;
            for (int bit = 0; bit < 8; bit++) state = (state >> 1) ^ (0xedb88320 & (0 - (state & 1)));
        }
        return state;
    }
}
