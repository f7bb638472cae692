namespace Sequencer.Enclave.Image.Eif;

/// <summary>
/// The layout of version 4 of the enclave image format, all integers big endian.
/// </summary>
/// <remarks>
/// Header: magic, u16 version, u16 flags, u64 default memory in bytes, u64 default processors, u16
/// reserved, u16 section count, u64[32] section offsets, u64[32] data sizes, u32 unused, u32
/// checksum. Section: u16 type, u16 flags, u64 size, data. The checksum is CRC-32 over the header
/// before it and then all sections with their headers.
/// </remarks>
public static class EifFormat
{
    /// <summary>The version that is read and written.</summary>
    public const int Version = 4;

    /// <summary>Length of the header, in bytes.</summary>
    public const int HeaderBytes = 548;

    /// <summary>Length of a section's header, in bytes.</summary>
    public const int SectionHeaderBytes = 12;

    /// <summary>Slots in the header's tables.</summary>
    public const int SectionsMax = 32;

    /// <summary>Longest file, in bytes: it is held in memory.</summary>
    public const int FileBytesMax = 1 << 30;

    /// <summary>Longest command line, in bytes: what kernels take.</summary>
    public const int CommandLineBytesMax = 2048;

    /// <summary>Longest metadata, in bytes.</summary>
    public const int MetadataBytesMax = 1 << 20;

    /// <summary>Longest signature section, in bytes.</summary>
    public const int SignatureBytesMax = 1 << 16;

    internal const int VersionAt = 4;
    internal const int FlagsAt = 6;
    internal const int MemoryAt = 8;
    internal const int ProcessorsAt = 16;
    internal const int ReservedAt = 24;
    internal const int SectionCountAt = 26;
    internal const int OffsetsAt = 28;
    internal const int SizesAt = OffsetsAt + 8 * SectionsMax;
    internal const int UnusedAt = SizesAt + 8 * SectionsMax;
    internal const int ChecksumAt = UnusedAt + 4;

    internal const int Arm64Flag = 1;

    internal static ReadOnlySpan<byte> Magic => ".eif"u8;
}
