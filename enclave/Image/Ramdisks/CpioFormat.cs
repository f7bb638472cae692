namespace Sequencer.Enclave.Image.Ramdisks;

/// <summary>
/// The archive that Linux takes as a ramdisk: cpio "newc". A header of 110 bytes (magic and 13
/// fields of eight hexadecimal digits), the path with a NUL, zeros to a multiple of four, the data,
/// zeros to a multiple of four; an entry named <c>TRAILER!!!</c> is the end.
/// </summary>
internal static class CpioFormat
{
    public const int FieldCount = 13;
    public const int FieldDigits = 8;
    public const int HeaderBytes = 6 + FieldCount * FieldDigits;
    public const int Alignment = 4;

    /// <summary>An archive's length is a multiple of this.</summary>
    public const int BlockBytes = 512;

    /// <summary>Longest path with its NUL, in bytes: Linux's PATH_MAX.</summary>
    public const int PathBytesMax = 4096;

    /// <summary>Longest part of a path, in bytes: Linux's NAME_MAX.</summary>
    public const int NameBytesMax = 255;

    public const string Trailer = "TRAILER!!!";

    public static ReadOnlySpan<byte> Magic => "070701"u8;

    /// <summary>How many zeros follow a position.</summary>
    public static int Padding(long position, int alignment) =>
        (int)((alignment - position % alignment) % alignment);
}
